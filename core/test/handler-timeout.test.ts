import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { ADMISSION_ORDER, ensureCore } from '@plimsoll/core'
import type { RequestScope, ScopeListener } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'
import type { FakeClock } from '@plimsoll/core/testing'

interface Setup {
  readonly app: FastifyInstance
  readonly clock: FakeClock
  readonly seen: string[]
  readonly scopes: RequestScope[]
}

/** Notes how requests end; their handlers never do. */
function setup (t: { teardown (task: () => unknown): void }, app: FastifyInstance): Setup {
  const clock = fakeClock()
  const core = ensureCore(app, { clock })
  t.teardown(() => app.close())
  const seen: string[] = []
  const scopes: RequestScope[] = []
  const listener: ScopeListener<undefined> = { settled: (_scope, reason) => { seen.push(reason) }, workDone: () => { seen.push('work done') } }
  core.admission.add({
    name: 'witness',
    order: ADMISSION_ORDER.load,
    check (scope) {
      scopes.push(scope)
      scope.watch(listener, undefined)
      return undefined
    }
  })
  return { app, clock, seen, scopes }
}

const never = (): Promise<never> => new Promise(() => {})

t.test('the work of a handler that Fastify timed out is leased after its answer', async (t) => {
  const { app, clock, seen } = setup(t, Fastify({ handlerTimeout: 10 }))
  app.register(async (child) => { child.get('/', never) })
  t.equal((await app.inject('/')).statusCode, 503)
  t.strictSame(seen, ['completed'])
  clock.advance(30_000)
  t.strictSame(seen, ['completed', 'work done'])
})

t.test('so it is where one route alone has the timeout, and endWork() gives the lease back', async (t) => {
  const { app, seen, scopes } = setup(t, Fastify())
  app.get('/', { handlerTimeout: 10 }, never)
  t.equal((await app.inject('/')).statusCode, 503)
  t.strictSame(seen, ['completed'])
  scopes[0]?.endWork()
  t.strictSame(seen, ['completed', 'work done'])
})

t.test('other errors end the work, and a request without a scope is left alone', async (t) => {
  const { app, seen } = setup(t, Fastify({ handlerTimeout: 10_000 }))
  app.get('/', async () => { throw new Error('broken') })
  await app.inject('/')
  t.strictSame(seen, ['completed', 'work done'])
  const bare = Fastify({ handlerTimeout: 10 })
  t.teardown(() => bare.close())
  const core = ensureCore(bare)
  bare.get('/', { handlerTimeout: 5 }, never)
  t.equal((await bare.inject('/')).statusCode, 503)
  t.equal(core.scopes.leased, 0)
})

t.test('an application without handlerTimeout has no hook for it', async (t) => {
  const hooksOf = async (app: FastifyInstance, route: { readonly handlerTimeout?: number } = {}): Promise<string> => {
    t.teardown(() => app.close())
    ensureCore(app)
    app.get('/', route, () => 'ok')
    await app.ready()
    return app.printRoutes({ includeHooks: true })
  }
  t.notMatch(await hooksOf(Fastify()), /plimsollHandlerTimeout/)
  t.equal((await hooksOf(Fastify({ handlerTimeout: 10 }), { handlerTimeout: 5 })).match(/plimsollHandlerTimeout/g)?.length, 2, 'once a route, GET and HEAD')
})
