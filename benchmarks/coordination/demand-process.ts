import { setTimeout } from 'node:timers/promises'
import { Coordinator } from '@plimsoll/core'
import { seededRandom } from '@plimsoll/core/testing'
import { monotonicMs } from '../../test/faults/coordination/monotonic.ts'
import { openDriver } from '../../test/faults/coordination/open-driver.ts'

// One instance in a process of its own that wants another number of permits all the time, and writes down what it has of them.

export interface DemandConfig {
  readonly id: string
  readonly port: number
  readonly ttlMs: number
  readonly capacity: string
  readonly total: number
  /** It wants from none to so many. */
  readonly most: number
  readonly everyMs: number
  readonly seed: number
}

/** What one instance wanted and was granted from a moment (CLOCK_MONOTONIC) on. */
export type Standing = readonly [at: number, wants: number, granted: number]

const { id, port, ttlMs, capacity, total, most, everyMs, seed }: DemandConfig = JSON.parse(process.argv[2] ?? '')
const random = seededRandom(seed)
const standings: Standing[] = []
const timings = { ttlMs }
const coordinator = new Coordinator({ id, driver: openDriver({ kind: 'redis', port }, timings), timings, journal: { record: ({ event }) => { if (event === 'share-changed') note() } } })
await coordinator.connect()
const share = coordinator.capacity(capacity, { total })

process.on('message', (order: 'begin' | 'end') => {
  if (order === 'begin') {
    // Everybody at a moment of its own.
    setTimeout(everyMs * random()).then(() => { setInterval(change, everyMs) })
    return
  }
  process.send?.(standings, () => { process.exit() })
})
process.on('disconnect', () => process.exit())
// A new store keeps its capacity back for the longest lease and its grace.
while (share.granted === 0) await setTimeout(10)
process.send?.('ready')

function change (): void {
  share.want(Math.floor((most + 1) * random()))
  note()
}

function note (): void { standings.push([monotonicMs(), share.wants, share.granted]) }
