import { setImmediate } from 'node:timers/promises'
import { fakeClock } from '@plimsoll/core/testing'
import type { FakeClock } from '@plimsoll/core/testing'
import t from 'tap'
import { DeliveryQueue } from '../src/delivery-queue.ts'
import type { Notification } from '../src/notification.ts'
import { Undelivered } from '../src/notifiers/notifier.ts'
import type { Notifier } from '../src/notifiers/notifier.ts'
import { notification, record } from './records.ts'

interface Setup { readonly queue: DeliveryQueue, readonly clock: FakeClock, readonly sent: string[], readonly dropped: string[] }

function setup (send: (notification: Notification, attempt: number, signal: AbortSignal) => Promise<void>, { maxQueued = 100 }: Partial<Notifier> = {}): Setup {
  const clock = fakeClock()
  const sent: string[] = []
  const dropped: string[] = []
  let attempts = 0
  const queue = new DeliveryQueue({
    name: 'pager',
    type: 'function',
    minSeverity: 'info',
    timeoutMs: 10_000,
    maxQueued,
    async send (notification, signal) {
      await send(notification, ++attempts, signal)
      sent.push(notification.runbook)
    }
  }, { clock, dropped: ({ runbook }, why) => dropped.push(`${runbook}: ${why}`) })
  return { queue, clock, sent, dropped }
}

/** Told apart by their runbooks. */
function numbered (number: number): Notification { return notification({ runbook: String(number), alerts: [record({ startsAt: number })] }) }

async function settle (): Promise<void> { for (let turn = 0; turn < 5; turn++) await setImmediate() }

/** Time that passes in small steps, so that what is asked has time to answer. */
async function pass (clock: FakeClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 500) {
    clock.advance(500)
    await settle()
  }
}

t.test('notifications are taken in order, one at a time', async t => {
  const { queue, sent } = setup(async () => { await setImmediate() })
  const done: boolean[] = []
  for (let number = 1; number <= 3; number++) queue.push(numbered(number), delivered => done.push(delivered))
  await queue.drained()
  t.same(sent, ['1', '2', '3'])
  t.same(done, [true, true, true])
  t.match(queue.stats, { delivered: 3, failed: 0, dropped: 0 })
})

t.test('what is not taken is tried again after a pause that grows, until it is; the order is kept', async t => {
  const { queue, clock, sent } = setup(async (_notification, attempt) => { if (attempt < 12) throw new Error('no') })
  queue.push(numbered(1))
  queue.push(numbered(2))
  await settle()
  const pauses: number[] = []
  let last = 0
  while (sent.length === 0) {
    const before = queue.stats.failed
    clock.advance(100)
    await settle()
    if (queue.stats.failed > before || sent.length > 0) {
      pauses.push(clock.now() - last)
      last = clock.now()
    }
  }
  t.same(sent, ['1', '2'])
  t.ok((pauses[0] ?? 0) >= 500 && (pauses[0] ?? 0) <= 1100)
  t.ok(pauses.every(pause => pause <= 60_100) && (pauses.at(-1) ?? 0) >= 30_000)
  t.equal(queue.failingForMs, 0)
  t.equal(queue.lastError, 'no')
})

t.test('the receiver may ask for a longer pause', async t => {
  const { queue, clock, sent } = setup(async (_notification, attempt) => { if (attempt === 1) throw new Undelivered('busy', { retryAfterMs: 90_000 }) })
  queue.push(numbered(1))
  await settle()
  clock.advance(89_999)
  await settle()
  t.same(sent, [])
  t.equal(queue.failingForMs, 89_999)
  clock.advance(1)
  await settle()
  t.same(sent, ['1'])
})

t.test('what is refused for good is given up, and the next is sent', async t => {
  const { queue, sent, dropped } = setup(async ({ runbook }) => { if (runbook === '1') throw new Undelivered('it answered 404', { permanent: true }) })
  const done: boolean[] = []
  queue.push(numbered(1), delivered => done.push(delivered))
  queue.push(numbered(2), delivered => done.push(delivered))
  await queue.drained()
  t.same([sent, dropped, done], [['2'], ['1: it answered 404'], [false, true]])
})

t.test('a full queue gives up the oldest that is not being sent', async t => {
  const { queue, dropped } = setup(async () => { await new Promise(() => {}) }, { maxQueued: 3 })
  for (let number = 1; number <= 1000; number++) queue.push(numbered(number))
  t.equal(queue.queued, 3)
  t.equal(queue.stats.dropped, 997)
  t.equal(dropped[0], '2: the queue is full')
  const failing = setup(async () => { throw new Error('no') }, { maxQueued: 2 })
  failing.queue.push(numbered(1))
  await settle()
  for (let number = 2; number <= 4; number++) failing.queue.push(numbered(number))
  t.same(failing.dropped, ['1: the queue is full', '2: the queue is full'])
})

t.test('a notifier that hangs is given a signal, then counted as failed; it does not collect attempts', async t => {
  const signals: AbortSignal[] = []
  const hanging: Array<() => void> = []
  const { queue, clock, sent } = setup(async (_notification, _attempt, signal) => {
    signals.push(signal)
    await new Promise<void>(resolve => hanging.push(resolve))
  })
  queue.push(numbered(1))
  await pass(clock, 1_200_000)
  t.equal(signals.length, 3)
  t.ok(signals.every(signal => signal.aborted))
  t.match(queue.lastError, /3 attempts hang/)
  t.ok(queue.failingForMs > 1_000_000)
  for (const resolve of hanging) resolve()
  await settle()
  sent.length = 0
  for (let second = 0; second < 120 && signals.length === 3; second++) await pass(clock, 500)
  t.equal(signals.length, 4, 'when they have answered it is tried again')
  hanging.at(-1)?.()
  await settle()
  t.equal(queue.queued, 0)
})

t.test('cleared, it keeps only what is being sent; closed, nothing', async t => {
  const { queue, sent } = setup(async () => { await setImmediate() })
  for (let number = 1; number <= 3; number++) queue.push(numbered(number))
  queue.clear()
  await queue.drained()
  t.same(sent, ['1'])
  const failing = setup(async () => { throw new Error('no') })
  failing.queue.push(numbered(1))
  failing.queue.push(numbered(2))
  await settle()
  const drained = failing.queue.drained()
  t.equal(failing.queue.close(), 2)
  await drained
  failing.queue.push(numbered(3))
  t.equal(failing.queue.queued, 0)
  t.equal(failing.clock.pending, 0)
})

t.test('closed while it sends, it begins no other attempt', async t => {
  const { queue, clock, sent } = setup(async () => { await setImmediate(); throw new Error('no') })
  queue.push(numbered(1))
  queue.close()
  await settle()
  t.equal(clock.pending, 0)
  t.same(sent, [])
})

t.test('what it throws is told with its cause, or as it is', async t => {
  const odd: unknown = 'a text'
  const { queue, clock } = setup(async (_notification, attempt) => {
    if (attempt === 1) throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') })
    await Promise.reject(odd)
  })
  queue.push(numbered(1))
  await settle()
  t.equal(queue.lastError, 'fetch failed: connect ECONNREFUSED')
  await pass(clock, 2000)
  t.equal(queue.lastError, 'a text')
  queue.close()
})
