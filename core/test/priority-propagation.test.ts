import { AsyncLocalStorage } from 'node:async_hooks'
import Fastify from 'fastify'
import t from 'tap'
import { Agent, request } from 'undici'
import plimsoll, { ensureCore, PRIORITIES, PRIORITY_RANK, priorityInterceptor } from '@plimsoll/core'
import type { Priority, PriorityInterceptorOptions, RequestScope } from '@plimsoll/core'

/** What a call for a request of `priority` sends. */
async function sent (t: { teardown (task: () => unknown): void }, options: PriorityInterceptorOptions, priority: Priority, headers?: Parameters<typeof request>[1] extends infer O | undefined ? O extends { headers?: infer H } ? H : never : never): Promise<Record<string, string>> {
  const downstream = Fastify()
  downstream.get('/', (request) => request.headers)
  const url = await downstream.listen({ port: 0, host: '127.0.0.1' })
  const agent = new Agent()
  const dispatcher = agent.compose(priorityInterceptor(options))
  const app = Fastify()
  t.teardown(async () => { await app.close(); await agent.close(); await downstream.close() })
  const core = ensureCore(app)
  app.get('/', { config: { priority } }, async ({ raw }, reply) => {
    const scope = core.scopeOf(raw, reply.raw)
    core.priorities.classify(scope)
    const call: object = { scope }
    const { body } = await request(url, { dispatcher, ...call, ...(headers !== undefined && { headers }) })
    return await body.json()
  })
  return (await app.inject('/')).json()
}

t.test('passes the class of the request that is served on; system as critical', async (t) => {
  for (const priority of PRIORITIES) t.equal((await sent(t, {}, priority))['x-priority'], priority === 'system' ? 'critical' : priority)
})

t.test('a call without a scope is left alone', async (t) => {
  let seen: unknown
  const dispatch = priorityInterceptor()((options: object, _handler: undefined) => { seen = options; return true })
  const options = { path: '/', method: 'GET' }
  t.equal(dispatch(options, undefined), true)
  t.equal(seen, options)
})

t.test('the deadline that is left, in whole milliseconds', async (t) => {
  t.match(await sent(t, { remaining: () => 123.9 }, 'high'), { 'x-priority': 'high', 'x-deadline-ms': '123' })
  t.match(await sent(t, { remaining: () => -5, header: 'x-class', deadlineHeader: 'x-left' }, 'high'), { 'x-class': 'high', 'x-left': '0' })
  t.notMatch(await sent(t, { remaining: () => undefined }, 'high'), { 'x-deadline-ms': String })
})

t.test('in every shape of headers, and never over one that the call has', async (t) => {
  t.match(await sent(t, {}, 'high', { a: 'b' }), { a: 'b', 'x-priority': 'high' })
  t.match(await sent(t, {}, 'high', ['a', 'b']), { a: 'b', 'x-priority': 'high' })
  t.match(await sent(t, {}, 'high', new Map([['a', 'b']])), { a: 'b', 'x-priority': 'high' })
  t.match(await sent(t, {}, 'high', { 'X-Priority': 'low' }), { 'x-priority': 'low' })
  t.match(await sent(t, {}, 'high', ['X-Priority', 'low']), { 'x-priority': 'low' })
  t.match(await sent(t, {}, 'high', new Headers({ 'X-Priority': 'low' })), { 'x-priority': 'low' })
  t.match(await sent(t, {}, 'high', null), { 'x-priority': 'high' })
})

t.test('by AsyncLocalStorage where the application has one, and believed at the other end', async (t) => {
  const classes: number[] = []
  const downstream = Fastify()
  downstream.register(plimsoll, { priorityHeader: { addresses: ['127.0.0.1'] } })
  ensureCore(downstream).admission.add({ name: 'witness', order: 1, check: ({ priority }) => { classes.push(priority); return undefined } })
  downstream.get('/', () => 'ok')
  const url = await downstream.listen({ port: 0, host: '127.0.0.1' })

  const storage = new AsyncLocalStorage<RequestScope>()
  const agent = new Agent()
  const dispatcher = agent.compose(priorityInterceptor({ storage }))
  const app = Fastify()
  t.teardown(async () => { await app.close(); await agent.close(); await downstream.close() })
  const core = ensureCore(app)
  app.addHook('onRequest', ({ raw }, reply, done) => {
    const scope = core.scopeOf(raw, reply.raw)
    core.priorities.classify(scope)
    storage.run(scope, done)
  })
  app.get('/', { config: { priority: 'batch' } }, async () => (await request(url, { dispatcher })).body.text())
  t.equal((await app.inject('/')).body, 'ok')
  await (await request(url, { dispatcher })).body.text()
  t.strictSame(classes, [PRIORITY_RANK.batch, PRIORITY_RANK.normal])
})
