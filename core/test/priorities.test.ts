import Fastify from 'fastify'
import t from 'tap'
import plimsoll, { ensureCore, PRIORITIES } from '@plimsoll/core'
import type { CoreOptions, Priority, PriorityRule } from '@plimsoll/core'
import { classified } from './classes-at-the-gate.ts'
import type { Classified } from './classes-at-the-gate.ts'

const LOOPBACK = ['127.0.0.0/8']

async function service (t: { teardown (task: () => unknown): void }, options: CoreOptions): Promise<Classified & { readonly events: () => readonly string[] }> {
  const app = Fastify()
  t.teardown(() => app.close())
  app.register(plimsoll, options)
  app.all('/plain', () => 'ok')
  app.get('/checkout', { config: { priority: 'critical' } }, () => 'ok')
  app.get('/items/:id', () => 'ok')
  const service = await classified(app)
  return { ...service, events: () => app.plimsoll.journal.entries().map(({ event, message }) => `${event}: ${message}`) }
}

t.test('the order: function, rule, route, header, else normal; low for unknown paths', async (t) => {
  const header = { headers: { 'x-priority': 'high' } }
  const rule: PriorityRule = { method: 'GET', userAgent: 'robot', priority: 'batch' }
  const robot = { headers: { 'user-agent': 'A Robot/1.0', 'x-priority': 'high' } }
  const { classOf } = await service(t, {
    priority: (req) => req.headers['x-vip'] === '1' ? 'system' : undefined,
    priorityRules: [rule],
    priorityHeader: { addresses: LOOPBACK }
  })
  t.equal(await classOf('/checkout', { headers: { ...robot.headers, 'x-vip': '1' } }), 'system')
  t.equal(await classOf('/nowhere', { headers: { 'x-vip': '1' } }), 'system', 'the function decides of unknown paths as well')
  t.equal(await classOf('/checkout', robot), 'batch')
  t.equal(await classOf('/nowhere', robot), 'batch')
  t.equal(await classOf('/checkout', header), 'critical')
  t.equal(await classOf('/plain', header), 'high')
  t.equal(await classOf('/plain'), 'normal')
  t.equal(await classOf('/nowhere'), 'low')
})

t.test('a function that throws or gives garbage leaves the class to the others, and is journalled once', async (t) => {
  const broken: Array<CoreOptions['priority']> = [
    () => { throw new Error('a bug') },
    () => JSON.parse('"urgent"'),
    () => JSON.parse('3'),
    () => JSON.parse('null'),
    () => JSON.parse('"constructor"')
  ]
  for (const priority of broken) {
    const { classOf, events } = await service(t, { ...(priority && { priority }) })
    t.equal(await classOf('/plain'), 'normal')
    t.equal(await classOf('/plain'), 'normal')
    t.equal(await classOf('/checkout'), 'critical')
    t.equal(await classOf('/nowhere'), 'low')
    t.equal(events().length, 1)
    t.match(String(events()[0]), /^priority-function-failed: the priority function of this application failed: it (threw: a bug|returned (".+"|3|null))\. Such requests/)
  }
})

t.test('one application has one function', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const { priorities } = ensureCore(app)
  t.equal(priorities.byFunction, false)
  priorities.useFunction(() => undefined)
  t.equal(priorities.byFunction, true)
  t.throws(() => priorities.useFunction(() => undefined), { code: 'PLM_CORE_PRIORITY_FUNCTION_TAKEN' })
})

t.test('the trusted header', async (t) => {
  const claim = (name: string, value: string): { headers: Record<string, string> } => ({ headers: { [name]: value } })

  t.test('every class but system', async (t) => {
    const { classOf } = await service(t, { priorityHeader: { name: 'X-Class', addresses: ['::1', '127.0.0.1'] } })
    for (const priority of PRIORITIES) t.equal(await classOf('/plain', claim('x-class', priority)), priority === 'system' ? 'normal' : priority)
    for (const garbage of ['CRITICAL', 'urgent', '', 'critical, high', '__proto__']) t.equal(await classOf('/plain', claim('x-class', garbage)), 'normal', garbage)
    t.equal(await classOf('/plain', claim('x-priority', 'high')), 'normal', 'another header')
  })

  t.test('from trusted addresses only', async (t) => {
    const { classOf } = await service(t, { priorityHeader: { addresses: ['10.0.0.0/8', '127.0.0.2', 'fd00::/8'] } })
    t.equal(await classOf('/plain', claim('x-priority', 'critical')), 'normal')
  })

  t.test('is not asked where it is not configured', async (t) => {
    const { classOf } = await service(t, {})
    t.equal(await classOf('/plain', claim('x-priority', 'critical')), 'normal')
  })
})

t.test('rules: each condition', async (t) => {
  const cases: ReadonlyArray<readonly [rule: Omit<PriorityRule, 'priority'>, url: string, options: Parameters<Classified['classOf']>[1], meets: boolean]> = [
    [{ method: 'post' }, '/plain', { method: 'POST' }, true],
    [{ method: 'POST' }, '/plain', {}, false],
    [{ path: '/plain' }, '/plain?a=b', {}, true],
    [{ path: '/plain' }, '/%70lain', {}, true],
    [{ path: '/plain' }, '/plain/', {}, false],
    [{ path: '/plain' }, '/PLAIN', {}, false],
    [{ path: '/%' }, '/%', {}, true],
    [{ path: '/items/:id' }, '/items/7', {}, true],
    [{ path: '/items/:id' }, '/items/', {}, false],
    [{ path: '/items/:id' }, '/items/7/8', {}, false],
    [{ path: '/items/*' }, '/items/7/8', {}, true],
    [{ path: '/items/*' }, '/items/', {}, true],
    [{ path: '/items/*' }, '/items', {}, false],
    [{ path: '/it*' }, '/items/7', {}, true],
    [{ path: '/:any/7*' }, '/items/78/9', {}, true],
    [{ path: '/:any/7*' }, '/items/8', {}, false],
    [{ path: '/*' }, '/', {}, true],
    [{ header: { name: 'X-Batch' } }, '/plain', { headers: { 'x-batch': '' } }, true],
    [{ header: { name: 'X-Batch' } }, '/plain', {}, false],
    [{ header: { name: 'x-kind', value: 'Import' } }, '/plain', { headers: { 'x-kind': 'Import' } }, true],
    [{ header: { name: 'x-kind', value: 'Import' } }, '/plain', { headers: { 'x-kind': 'import' } }, false],
    [{ userAgent: 'Bot' }, '/plain', { headers: { 'user-agent': 'somebot/2' } }, true],
    [{ userAgent: 'Bot' }, '/plain', {}, false],
    [{ addresses: ['127.0.0.1'] }, '/plain', {}, true],
    [{ addresses: ['10.0.0.0/8', '127.0.0.0/8'] }, '/plain', {}, true],
    [{ addresses: ['10.0.0.0/8', '::1'] }, '/plain', {}, false],
    [{ method: 'POST', path: '/plain' }, '/plain', {}, false]
  ]
  for (const [rule, url, options, meets] of cases) {
    const { classOf } = await service(t, { priorityRules: [{ ...rule, priority: 'batch' }] })
    t.equal(await classOf(url, options) === 'batch', meets, `${JSON.stringify(rule)} ${url}`)
  }
})

t.test('the most specific rule wins, however they are declared', async (t) => {
  const rules: ReadonlyArray<readonly [string, PriorityRule]> = [
    ['two conditions', { priority: 'system', path: '/items/*', method: 'GET', userAgent: 'x' }],
    ['an exact path', { priority: 'critical', path: '/items/7' }],
    ['a longer path', { priority: 'high', path: '/items/:id' }],
    ['a shorter path', { priority: 'low', path: '/it*' }],
    ['a longer prefix', { priority: 'batch', addresses: ['127.0.0.0/16'] }],
    ['a shorter prefix', { priority: 'normal', addresses: ['127.0.0.0/8', '10.0.0.0/10'] }]
  ]
  for (let left = rules.length; left > 0; left--) {
    const remaining = rules.slice(rules.length - left).map(([, rule]) => rule)
    for (const declared of [remaining, remaining.toReversed()]) {
      const { classOf } = await service(t, { priorityRules: declared })
      t.equal(await classOf('/items/7', { headers: { 'user-agent': 'x' } }), remaining[0]?.priority, rules[rules.length - left]?.[0] ?? '')
    }
  }
  const { classOf } = await service(t, { priorityRules: [{ priority: 'high', method: 'GET' }, { priority: 'low', userAgent: 'x' }] })
  t.equal(await classOf('/plain', { headers: { 'user-agent': 'x' } }), 'high', 'the first of equals')
})

t.test('rules compare paths as the application\'s router does', async (t) => {
  const app = Fastify({ routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true } })
  t.teardown(() => app.close())
  app.register(plimsoll, { priorityRules: [{ path: '/Cart/', priority: 'critical' }, { path: '/Api/*', priority: 'batch' }] })
  const { classOf } = await classified(app)
  for (const url of ['/cart', '/CART/', '//cart', '/cart?a=//']) t.equal(await classOf(url), 'critical', url)
  t.equal(await classOf('/API//x'), 'batch')
})

t.test('addresses that were seen are remembered, a thousand at most', async (t) => {
  const { AddressSet } = await import('../src/address-set.ts')
  const set = new AddressSet(['10.0.0.0/8', 'fd00::/8'])
  t.ok(Array.from({ length: 2_500 }, (_, i) => `10.0.${i >> 8}.${i & 255}`).every(address => set.has(address)))
  t.equal(set.has('11.0.0.1'), false)
  t.equal(set.has('11.0.0.1'), false)
  t.equal(set.has('fd12::1'), true)
  t.equal(set.has('::ffff:10.1.2.3'), true, 'an IPv4 address as a dual-stack socket gives it')
  t.equal(set.has('not an address'), false)
  t.equal(set.has(undefined), false)
  t.ok(set.remembered <= 1_000)
})

t.test('classes are those of the vocabulary', async (t) => {
  const words: readonly Priority[] = PRIORITIES
  t.strictSame(words, ['system', 'critical', 'high', 'normal', 'low', 'batch'])
})
