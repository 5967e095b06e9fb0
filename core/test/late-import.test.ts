import Fastify from 'fastify'
import t from 'tap'
import type { Priority, PriorityRank } from '@plimsoll/core'
import { warningsOf } from './warnings-of.ts'

// Nothing here may import core at its top: that is what this file is about.
const config = (priority: Priority): { readonly config: object } => ({ config: { priority } })
const late = Fastify()
late.get('/checkout', config('critical'), () => 'ok')
late.get('/version', { ...config('batch'), constraints: { version: '1.0.0' } }, () => 'ok')
late.route({ method: ['PUT', 'PATCH'], url: '/both', ...config('high'), handler: () => 'ok' })
const never = Fastify()
const started = Fastify()
await started.ready()

const { ensureCore } = await import('@plimsoll/core')

t.test('an application that was made before core was imported: one warning, and routes are learned from their requests', async (t) => {
  t.teardown(() => late.close())
  const core = ensureCore(late)
  t.equal(core.routes.complete, false)
  late.register(async (child) => { child.get('/later', config('high'), () => 'ok') })
  const ranks: PriorityRank[] = []
  core.admission.add({ name: 'witness', order: 1, check: ({ priority }) => { ranks.push(priority); return undefined } })
  t.match(await warningsOf(async () => { await late.ready() }), [{ code: 'PLM_CORE_IMPORTED_LATE' }])

  const classOf = async (url: string, headers: Record<string, string> = {}): Promise<PriorityRank | undefined> => {
    await late.inject({ url, headers })
    return ranks.at(-1)
  }
  t.equal(await classOf('/checkout'), 1, 'right in core\'s hook, from the first request')
  t.equal(await classOf('/checkout'), 1)
  t.equal(await classOf('/later'), 2)
  t.equal(await classOf('/version', { 'accept-version': '1.0.0' }), 5)
  await late.inject({ method: 'PATCH', url: '/both' })
  t.equal(ranks.at(-1), 2)
  t.equal(await classOf('/nowhere'), 3, 'an unknown path may be a route: not low')
  t.equal(core.routes.records.filter(({ url }) => url === '/checkout').length, 1, 'learned once')
  t.strictSame(await warningsOf(async () => { await classOf('/checkout') }), [])
})

t.test('at a gate the first request of a route is normal, the second has its class', async (t) => {
  never.get('/checkout', config('critical'), () => 'ok')
  const core = ensureCore(never)
  core.admission.claimGate('load-shedder')
  t.teardown(() => never.close())
  t.match(await warningsOf(async () => { await never.ready() }), [{ code: 'PLM_CORE_IMPORTED_LATE' }])
  const ranks: PriorityRank[] = []
  never.server.prependListener('request', (req, res) => { ranks.push(core.priorities.classify(core.scopeOf(req, res))) })
  const url = `${await never.listen({ port: 0, host: '127.0.0.1' })}/checkout`
  await (await fetch(url)).text()
  await (await fetch(url)).text()
  t.strictSame(ranks, [3, 1])
})

t.test('an application that has started as well is too late', async (t) => {
  t.teardown(() => started.close())
  t.throws(() => ensureCore(started), { code: 'PLM_CORE_TOO_LATE' })
})
