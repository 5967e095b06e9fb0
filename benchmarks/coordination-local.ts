import { writeFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Coordinator, LocalDriver, LocalStore, systemClock } from '@plimsoll/core'
import { FaultyDriver } from '@plimsoll/core/conformance'
import { progress } from './overload/progress.ts'
import { judge, ratio, spread, type Row } from './overload/row.ts'
import { median, summarize } from './overload/statistics.ts'
import { printRows, summaryLine } from './overload/table.ts'

// npm run bench -- coordination-local: what is asked before each step of a leader and for each permit: time and bytes of
// a call, beside the same comparison written by hand, and the commands that it sends.

const FLOOR_TARGET = 1.5
const TIMED_CALLS = 400_000
/** Few enough that no collection comes in between; a boxed number in each would be 16 bytes. */
const WEIGHED_CALLS = 20_000

const { values: options } = parseArgs({ options: { rounds: { type: 'string' }, quick: { type: 'boolean', default: false }, json: { type: 'string' } } })
const rounds = Number(options.rounds ?? (options.quick ? 5 : 25))
const started = performance.now()

const driver = new FaultyDriver(new LocalDriver({ clock: systemClock, store: new LocalStore(systemClock) }), systemClock)
const coordinator = new Coordinator({ id: 'bench', driver, timings: { ttlMs: 600_000 } })
await coordinator.connect()
const share = coordinator.capacity('permits', { total: 1_000 })
const elected = Promise.withResolvers<() => boolean>()
const done = Promise.withResolvers<void>()
const running = coordinator.elect('boss').run(async (leadership) => {
  elected.resolve(() => leadership.isHeld())
  await done.promise
})
const isHeld = await elected.promise
while (share.granted < 1_000) await setImmediate()

/** The least that could be asked: a flag and a deadline by the same clock. */
class Floor {
  over = false
  deadline = systemClock.now() + 600_000
  inUse = 0

  isHeld (): boolean { return !this.over && systemClock.now() < this.deadline }

  takeAndReturn (): boolean {
    if (!this.isHeld() || this.inUse >= 1_000) return false
    this.inUse += 1
    this.inUse -= 1
    return true
  }
}
const floor = new Floor()

// What the scale shows for a call that does allocate: an object of one number.
const kept: { value: number }[] = [{ value: 0 }]
const control = Array.from({ length: rounds }, () => weigh(() => {
  kept[0] = { value: systemClock.now() }
  return true
}))

const rows = [
  ...compare('isHeld()', isHeld, () => floor.isHeld()),
  ...compare('tryAcquire() and release()', () => {
    const taken = share.tryAcquire()
    share.release()
    return taken
  }, () => floor.takeAndReturn())
]
done.resolve()
await running
await coordinator.close()
progress('')
printRows('coordination-local', rows)
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(rows, undefined, 1))
console.log(`\n${summaryLine('coordination-local', rows, (performance.now() - started) / 1000)}`)

function compare (what: string, ours: () => boolean, least: () => boolean): Row[] {
  const commands = driver.commands
  const ratios: number[] = []
  const nulls: number[] = []
  const times: number[] = []
  const bytes: number[] = []
  const leastBytes: number[] = []
  for (let round = 0; round < rounds; round++) {
    progress(`${what}: round ${round + 1} of ${rounds}`)
    const [a, b, c, d] = [time(least), time(ours), time(ours), time(least)]
    times.push((b + c) / 2)
    ratios.push((b + c) / (a + d))
    nulls.push(d / a)
    bytes.push(weigh(ours))
    leastBytes.push(weigh(least))
  }
  const noise = median(nulls.map(each => Math.abs(each - 1)))
  const perCall = summarize(bytes).median
  const sent = driver.commands - commands
  return [
    { section: 'coordination-local', what: `${what}: time / by hand`, figure: spread(summarize(ratios), ratio), peers: { 'by hand twice': spread(summarize(nulls), ratio), 'a call': `${median(times).toFixed(0)} ns` }, target: `<= ${ratio(FLOOR_TARGET)}`, noise: ratio(noise), verdict: judge(median(ratios), { atMost: FLOOR_TARGET }, noise), values: { ratios, nulls, times } },
    { section: 'coordination-local', what: `${what}: bytes allocated a call`, figure: spread(summarize(bytes), value => value.toFixed(2)), peers: { 'by hand': spread(summarize(leastBytes), value => value.toFixed(2)), 'an object a call': spread(summarize(control), value => value.toFixed(0)) }, target: '0', noise: '', verdict: judge(Math.round(perCall), { atMost: 0 }, 0), values: { bytes, leastBytes } },
    { section: 'coordination-local', what: `${what}: commands sent in ${rounds} rounds`, figure: String(sent), peers: {}, target: '0', noise: '', verdict: judge(sent, { atMost: 0 }, 0) }
  ]
}

/** Nanoseconds of a call. */
function time (call: () => boolean): number {
  let yes = 0
  const before = performance.now()
  for (let i = 0; i < TIMED_CALLS; i++) if (call()) yes += 1
  const took = performance.now() - before
  if (yes !== TIMED_CALLS) throw new Error('refused: what was measured is not what was meant')
  return took * 1e6 / TIMED_CALLS
}

/** Bytes that the heap grew by, for a call; NaN where a collection came in between. */
function weigh (call: () => boolean): number {
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < WEIGHED_CALLS; i++) call()
  const grown = process.memoryUsage().heapUsed - before
  return grown < 0 ? NaN : grown / WEIGHED_CALLS
}
