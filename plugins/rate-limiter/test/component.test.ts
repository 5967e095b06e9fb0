import type { Component, Json } from '@plimsoll/core'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { statuses, testApp } from './app.ts'

function component (app: FastifyInstance): Component {
  const found = app.plimsoll.components.get('rate-limiter', 'rate-limiter')
  if (found === undefined) throw new Error('no component')
  return found
}

async function control (app: FastifyInstance, name: string, argument?: Json): Promise<Json | void> {
  return await component(app).controls?.[name]?.run(argument)
}

t.test('the page sees each limit with its figures, the busiest first', async t => {
  const { app } = await testApp(t, { limit: 1, limits: [{ name: 'second', limit: 5, windowMs: 1000, algorithm: 'sliding-window' }] })
  await statuses(app, '/', 3)
  await statuses(app, '/', 1, '192.0.2.2')
  t.match(component(app).snapshot(), {
    enabled: true,
    bannedKeys: 0,
    limits: [
      { name: 'default', algorithm: 'gcra', allowed: 2, refused: 2, keys: 2, limitedKeys: 1, cluster: false, limit: 1, windowMs: 60_000 },
      { name: 'second', algorithm: 'sliding-window', allowed: 2, refused: 0, keys: 2 }
    ]
  })
  t.same(component(app).health(), { status: 'ok' })
})

t.test('controls: on and off, dry run, ban, reset; what they don\'t take is refused', async t => {
  const { app } = await testApp(t, { limit: 1 })
  await control(app, 'enabled', false)
  t.same(await statuses(app, '/', 3), [200, 200, 200])
  await control(app, 'enabled', true)
  await control(app, 'dryRun', true)
  t.same(await statuses(app, '/', 2), [200, 200])
  t.match(component(app).configuration?.(), { dryRun: { value: true, source: 'control' }, enabled: { value: true, source: 'default' } })
  t.equal(component(app).controls?.['dryRun']?.get?.(), true)
  t.equal(component(app).controls?.['enabled']?.get?.(), true)
  await control(app, 'dryRun', false)
  t.same(await control(app, 'ban', { key: '192.0.2.1', seconds: 10 }), { banned: true })
  t.same(await statuses(app, '/', 1), [403])
  t.match(component(app).snapshot(), { bannedKeys: 1 })
  t.same(await control(app, 'reset', { key: '192.0.2.1' }), { key: '192.0.2.1', limit: 'default' })
  t.same(await statuses(app, '/', 2), [200, 429])
  for (const [name, argument] of [['dryRun', 1], ['ban', { key: 'a' }], ['ban', 'a'], ['ban', null], ['ban', ['a']], ['reset', {}], ['reset', { key: 'a', limit: 1 }], ['ban', { key: 'a', seconds: 0 }]] as const) {
    await t.rejects(control(app, name, argument), { code: 'PLM_CORE_CONTROL_ARGUMENT' }, `${name} ${JSON.stringify(argument)}`)
  }
})

t.test('a limit can be moved while the service runs: what clients have used stays', async t => {
  const { app } = await testApp(t, { limit: 2, limits: [{ name: 'even', limit: 60, algorithm: 'leaky-bucket' }] })
  const { tunables } = component(app)
  t.equal(tunables?.['limit']?.get(), 2)
  tunables?.['limit-1']?.set(6000)
  await statuses(app, '/', 1)
  tunables?.['limit']?.set(3.2)
  t.equal(tunables?.['limit']?.get(), 3)
  t.equal(app.rateLimiter.limits.named('even').rate.limit, 6000)
  t.equal((await app.inject('/')).headers['ratelimit-policy'], '"default";q=3;w=60, "even";q=6000;w=60')
})

t.test('health is degraded for a minute where a store is full of refused clients', async t => {
  const { app, clock } = await testApp(t, { limit: 1, windowMs: 1_000_000, maxKeys: 2 })
  for (const address of ['1.1.1.1', '1.1.1.2']) await statuses(app, '/', 2, address)
  t.same(await statuses(app, '/', 2, '1.1.1.3'), [200, 429])
  t.same(await statuses(app, '/', 1, '1.1.1.4'), [429], 'new clients share one bucket')
  t.match(component(app).health(), { status: 'degraded', reason: /^3 requests of new clients shared one overflow bucket/ })
  clock.advance(60_000)
  t.same(component(app).health(), { status: 'ok' })
})

t.test('metrics of each limit', async t => {
  const { app } = await testApp(t, { limit: 1, allow: ['10.0.0.1'], deny: ['10.0.0.2'] })
  await statuses(app, '/', 3)
  await statuses(app, '/', 1, '10.0.0.1')
  await statuses(app, '/', 2, '10.0.0.2')
  app.rateLimiter.ban('10.0.0.3', 1000)
  let text = ''
  for await (const piece of app.plimsoll.metrics.render()) text += piece
  for (const line of [
    'plimsoll_rate_limiter_allowed_requests_total{limit="default"} 1',
    'plimsoll_rate_limiter_refused_requests_total{limit="default"} 2',
    'plimsoll_rate_limiter_known_keys{limit="default"} 1',
    'plimsoll_rate_limiter_limited_keys{limit="default"} 1',
    'plimsoll_rate_limiter_evicted_keys_total{limit="default"} 0',
    'plimsoll_rate_limiter_overflowed_requests_total{limit="default"} 0',
    'plimsoll_rate_limiter_banned_keys 1',
    'plimsoll_rate_limiter_bans_total 1',
    'plimsoll_rate_limiter_dropped_bans_total 0',
    'plimsoll_rate_limiter_exempt_requests_total 1',
    'plimsoll_rate_limiter_denied_requests_total 2'
  ]) t.ok(text.includes(line), line)
})
