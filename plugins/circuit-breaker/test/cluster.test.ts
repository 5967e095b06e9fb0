import { setImmediate } from 'node:timers/promises'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { ensureCore, LocalDriver, LocalStore } from '@plimsoll/core'
import type { Json } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'
import type { FakeClock } from '@plimsoll/core/testing'
import circuitBreaker from '../src/index.ts'
import type { CircuitBreaker, CircuitBreakerPluginOptions } from '../src/index.ts'
import { TOUCHY } from './guarded-app.ts'

interface Cluster {
  readonly apps: readonly FastifyInstance[]
  readonly clock: FakeClock
  /** Of the circuit `bank` in each instance. */
  readonly banks: readonly CircuitBreaker[]
  elapse (ms: number): Promise<void>
  states (): string[]
}

/** Instances of one service over one store, on one clock. */
async function cluster (t: { teardown (task: () => unknown): void }, size: number, options: CircuitBreakerPluginOptions): Promise<Cluster> {
  const clock = fakeClock()
  const store = new LocalStore(clock)
  const apps: FastifyInstance[] = []
  const elapse = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 5) {
      clock.advance(Math.min(5, left))
      await setImmediate()
    }
  }
  for (let i = 0; i < size; i++) {
    const app = Fastify()
    t.teardown(() => app.close())
    ensureCore(app, { clock }).offerBackend('memory', () => new LocalDriver({ clock, store }))
    app.register(circuitBreaker, { ...TOUCHY, circuits: { bank: {} }, ...options })
    await app.ready()
    apps.push(app)
  }
  // The registry tells of all of them after a renewal.
  await elapse(4_000)
  const banks = apps.map(app => app.circuitBreakers.get('bank'))
  return { apps, clock, banks, elapse, states: () => banks.map(({ state }) => state) }
}

async function call (breaker: CircuitBreaker, fails: boolean, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await breaker.execute(async () => { if (fails) throw new Error('down') }).catch(() => {})
}

async function scrape (app: FastifyInstance): Promise<string> {
  let text = ''
  for await (const part of app.plimsoll.metrics.render()) text += part
  return text
}

const shownOf = (app: FastifyInstance): Json | undefined => app.plimsoll.components.view('circuit-breaker', 'circuit-breakers').snapshot['cluster']

t.test('observe: the others see what is open, and nothing opens for it; they see it close', async t => {
  const { apps, banks, elapse, states } = await cluster(t, 3, {})
  await call(banks[0]!, true, 2)
  await elapse(50)
  t.strictSame(states(), ['open', 'closed', 'closed'])
  t.match(shownOf(apps[1]!), { policy: 'observe', instances: 3, openElsewhere: [{ name: 'bank', instances: 1 }] })
  t.match(await scrape(apps[1]!), 'plimsoll_circuit_breaker_open_elsewhere_instances{circuit="bank"} 1')
  t.strictSame(shownOf(apps[0]!), { policy: 'observe', instances: 3, openElsewhere: [] }, 'its own message is not another\'s')
  await elapse(10_000)
  t.match(shownOf(apps[1]!), { openElsewhere: [{ name: 'bank', instances: 1 }] }, 'told again while it is open')
  banks[0]!.reset()
  await elapse(50)
  t.match(apps[1]!.circuitBreakers.snapshots(), [{ name: 'bank', state: 'closed' }])
  await elapse(1_000)
  t.strictSame(shownOf(apps[1]!), { policy: 'observe', instances: 3, openElsewhere: [] })
})

t.test('quorum: opens when most have found it failing, within 50 ms; a liar alone moves nobody', async t => {
  const { apps, banks, elapse, states } = await cluster(t, 5, { cluster: 'quorum' })
  await call(banks[0]!, true, 2)
  await elapse(5_000)
  t.strictSame(states(), ['open', 'closed', 'closed', 'closed', 'closed'])
  await call(banks[1]!, true, 2)
  await elapse(1_000)
  t.strictSame(states(), ['open', 'open', 'closed', 'closed', 'closed'])
  await call(banks[2]!, true, 2)
  await elapse(50)
  t.strictSame(states(), ['open', 'open', 'open', 'open', 'open'])
  t.match(apps[4]!.plimsoll.journal.entries().at(-1), { event: 'circuit-opened', data: { circuit: 'bank', reason: 'cluster' } })
})

t.test('quorum: many voices of one instance, and of none, are not a quorum', async t => {
  const { apps, banks, elapse, states } = await cluster(t, 3, { cluster: 'quorum' })
  const { broadcasts } = apps[0]!.plimsoll.coordinator
  for (let round = 0; round < 8; round++) {
    for (let i = 0; i < 20; i++) await broadcasts.send('circuit-breaker', Buffer.from(JSON.stringify({ v: 1, from: `ghost-${i}`, open: ['bank'] })))
    await elapse(1_000)
  }
  t.strictSame(states(), ['closed', 'closed', 'closed'])
  await broadcasts.send('circuit-breaker', Buffer.from('no such message'))
  await elapse(10)
  await call(banks[0]!, true, 2)
  await call(banks[1]!, true, 2)
  await elapse(50)
  t.strictSame(states(), ['open', 'open', 'open'], 'and the real ones are heard')
})

t.test('any: one instance is enough; hearsay is not told on; a disproved instance moves nobody again', async t => {
  const { banks, elapse, states } = await cluster(t, 3, { cluster: 'any' })
  await call(banks[2]!, false, 1000)
  await call(banks[0]!, true, 2)
  await elapse(100)
  t.strictSame(states(), ['open', 'open', 'closed'], 'the third knows better by its own calls')
  // The first is a bad instance: it goes on saying so, while the second finds the upstream well.
  await elapse(5_000)
  await call(banks[1]!, false, 1)
  t.equal(banks[1]!.state, 'closed')
  await call(banks[0]!, true, 1)
  await elapse(3_000)
  t.strictSame(states(), ['open', 'closed', 'closed'])
})

t.test('an operator\'s hold, and a circuit that counts only, are not told', async t => {
  const { apps, banks, elapse } = await cluster(t, 2, { cluster: 'any' })
  banks[0]!.trip()
  apps[0]!.circuitBreakers.get('held').isolate()
  apps[0]!.circuitBreakers.get('counting').setMetricsOnly(true)
  await elapse(2_000)
  t.strictSame(shownOf(apps[1]!), { policy: 'any', instances: 2, openElsewhere: [] })
})

t.test('off: nothing is heard or shown', async t => {
  const { apps, banks, elapse } = await cluster(t, 2, { cluster: 'off' })
  await call(banks[0]!, true, 2)
  await elapse(100)
  t.strictSame(shownOf(apps[1]!), { policy: 'off' })
  t.match(await scrape(apps[1]!), 'plimsoll_circuit_breaker_ignored_cluster_messages_total 0')
})

t.test('alone, nothing is sent; closed, nothing is left', async t => {
  const app = Fastify()
  const clock = fakeClock()
  ensureCore(app, { clock })
  app.register(circuitBreaker, TOUCHY)
  await app.ready()
  const { broadcasts } = app.plimsoll.coordinator
  await call(app.circuitBreakers.get('bank'), true, 2)
  clock.advance(5_000)
  t.equal(broadcasts.sent, 0)
  await app.close()
  clock.advance(10_000)
  t.equal(clock.pending, 0)
})

t.test('a coordinator that fails costs no call', async t => {
  const { apps, banks, elapse, states } = await cluster(t, 3, { cluster: 'quorum' })
  const { coordinator } = apps[2]!.plimsoll
  coordinator.instances = async () => { throw new Error('the backend is away') }
  coordinator.broadcasts.send = async () => { throw new Error('too long') }
  for (const bank of banks) await call(bank, true, 1)
  await call(banks[2]!, true, 1)
  await elapse(2_000)
  t.strictSame(states(), ['closed', 'closed', 'open'])
  await call(banks[0]!, true, 1)
  await elapse(2_000)
  t.strictSame(states(), ['open', 'closed', 'open'])
})
