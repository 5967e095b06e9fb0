import t from 'tap'
import { checkComponent } from '../../src/component-check.ts'
import { Coordinator } from '../../src/coordinator/coordinator.ts'
import { coordinatorComponent } from '../../src/coordinator/coordinator-component.ts'
import { coordinatorMetrics } from '../../src/coordinator/coordinator-metrics.ts'
import { LocalDriver } from '../../src/coordinator/local-driver.ts'
import { LocalStore } from '../../src/coordinator/local-store.ts'
import { FaultyDriver } from '../../src/conformance/index.ts'
import { checkMetric } from '../../src/metric-source.ts'
import { fakeTime } from './fake-time.ts'

function read (coordinator: Coordinator, now: () => number): Record<string, number> {
  const values: Record<string, number> = {}
  for (const source of coordinatorMetrics(coordinator, now)) {
    checkMetric(source)
    source.collect({ value: (value, ...labels) => { values[[source.name.replace('plimsoll_coordinator_', ''), ...labels].join(' ')] = value }, distribution: () => {} })
  }
  return values
}

t.test('pages, alerts and metrics see mode, leadership, lease and shares', async (t) => {
  const time = fakeTime()
  const store = new LocalStore(time.clock)
  const make = (id: string): { coordinator: Coordinator, driver: FaultyDriver } => {
    const driver = new FaultyDriver(new LocalDriver({ clock: time.clock, store }), time.clock)
    return { driver, coordinator: new Coordinator({ id, driver, clock: time.clock, timings: { ttlMs: 300 } }) }
  }
  const { coordinator, driver } = make('a')
  const component = coordinatorComponent(coordinator, () => time.clock.now())
  checkComponent(component)
  t.equal(component.health().status, 'degraded')
  t.match(component.snapshot(), { mode: 'degraded', lease: null })
  t.equal(read(coordinator, () => time.clock.now())['mode_state degraded'], 1)

  await coordinator.connect()
  const stop = new AbortController()
  const run = coordinator.elect('boss').run(({ signal }) => new Promise((resolve) => { signal.addEventListener('abort', () => { resolve() }) }), { signal: stop.signal })
  coordinator.elect('another')
  const share = coordinator.capacity('db', { total: 4 })
  coordinator.queue('q')
  await time.elapse(20)
  t.ok(share.tryAcquire())
  t.equal(component.health().status, 'ok')
  t.match(component.snapshot(), { id: 'a', mode: 'cluster', lease: { slackMs: Number }, leads: [{ name: 'boss', scope: 'shared' }], shares: [{ name: 'db', granted: 4, inUse: 1 }] })
  t.match(component.configuration?.(), { ttlMs: { value: 300 }, backend: { value: 'local', source: 'option' } })
  t.match(read(coordinator, () => time.clock.now()), { 'election_leader boss': 1, 'election_leader another': 0, 'capacity_granted_permits db': 4, 'capacity_used_permits db': 1, 'queue_buffered_items q': 0, elections_won_total: 1 })

  const twin = make('a')
  await twin.coordinator.connect()
  await time.elapse(900)
  t.match(coordinatorComponent(twin.coordinator, () => 0).health(), { status: 'degraded', reason: /has the id a/ })
  driver.line = 'hang'
  await time.elapse(400)
  t.match(component.health(), { status: 'degraded', reason: /away/ })
  driver.line = 'open'
  stop.abort()
  const closing = Promise.all([coordinator.close(), twin.coordinator.close(), run])
  await time.elapse(200)
  await closing
})

t.test('alone, the mode is single, nothing expires, and closing leaves no timer', async (t) => {
  const time = fakeTime()
  await using coordinator = new Coordinator({ id: 'alone', clock: time.clock })
  t.equal(await coordinator.connect(), true)
  t.equal(await coordinator.connect(), true)
  t.equal(coordinator.mode, 'single')
  t.equal(coordinator.tenure?.isHeld(), true)
  coordinator.report({ status: 'ok' })
  const component = coordinatorComponent(coordinator, () => time.clock.now())
  t.match(component.configuration?.(), { backend: { value: 'local', source: 'default' } })
  t.match(component.snapshot(), { mode: 'single', lease: null })
  t.equal(read(coordinator, () => time.clock.now())['lease_slack_seconds'], undefined)
  let scope
  await coordinator.elect('boss').run(async ({ fence, isHeld }) => {
    scope = fence.scope
    t.type(isHeld, 'function')
    await coordinator.set('k', 1, { fence, ttlMs: 50 })
  })
  t.equal(scope, 'local')
  await time.elapse(100_000)
  t.equal(coordinator.tenure?.isHeld(), true)
  t.equal(await coordinator.get('k'), undefined)
  await coordinator.close()
  t.equal(time.pending(), 0)
})
