import { setTimeout as delay } from 'node:timers/promises'
import { fairShare } from '@plimsoll/core'
import type { CapacityShare, Coordinator } from '@plimsoll/core'
import { seededRandom } from '@plimsoll/core/testing'
import { progress } from '../../overload/progress.ts'
import { judge, ms, percent } from '../../overload/row.ts'
import type { Row } from '../../overload/row.ts'
import { median } from '../../overload/statistics.ts'
import { demandsOf, utilisation } from '../demands.ts'
import { instance, withRedis } from '../store.ts'

const section = 'capacity'
const TOTAL = 100
const DEMAND_MS = 100
const TTL_MS = 3_000
const SETTLES_WITHIN_MS = 5_000

/** How permits are divided when demand is there, and how soon they move to it. */
export async function capacityRows (quick: boolean): Promise<Row[]> {
  const rows: Row[] = []
  for (const processes of quick ? [3] : [3, 10, 50]) rows.push(await used(processes, quick ? 4_000 : 10_000))
  for (const instances of quick ? [3] : [3, 10, 50]) rows.push(await divided(instances, quick ? 5 : 30))
  rows.push(await borrowed(quick ? 10 : 100))
  return rows
}

/** Processes of their own, each of which wants another number of permits ten times a second. */
async function used (processes: number, ms: number): Promise<Row> {
  progress(`capacity: ${processes} processes, demand that changes`)
  const { share, ms: wantedMs } = await withRedis(async ({ port }) => utilisation(await demandsOf(Array.from({ length: processes }, (_, number) => ({
    id: `demand-${number}`, port, ttlMs: TTL_MS, capacity: 'permits', total: TOTAL, most: Math.ceil(3 * TOTAL / processes), everyMs: DEMAND_MS, seed: number
  })), ms), TOTAL))
  return { section, what: `of ${TOTAL} permits in the hands of who wants them, ${processes} processes whose demand changes every ${DEMAND_MS} ms`, figure: `${percent(share, 2)} of ${(wantedMs / 1_000).toFixed(1)} s in which all were wanted`, peers: {}, target: '>= 99 %', noise: '', verdict: judge(share, { atLeast: 0.99 }, 0), values: { share, wantedMs } }
}

/** One demand after the other: what everybody has once all is divided. */
async function divided (instances: number, rounds: number): Promise<Row> {
  return await withShares(instances, async (shares) => {
    const random = seededRandom(5)
    const took: number[] = []
    let worst = 0
    // A new store keeps its capacity back for the longest lease and its grace.
    await until(() => shares.some(({ granted }) => granted > 0), 2 * TTL_MS)
    for (let round = 0; round < rounds; round++) {
      progress(`capacity: ${instances} instances, demand ${round + 1} of ${rounds}`)
      // At least the total together, unevenly.
      const wants = shares.map(() => Math.ceil(2 * TOTAL / instances * (0.2 + 1.8 * random())))
      const fair = fairShare(TOTAL, wants.map((each, index) => ({ key: String(index), wants: each, floor: 0 })))
      const begun = performance.now()
      shares.forEach((share, index) => { share.want(wants[index] ?? 0) })
      const wanted = Math.min(TOTAL, wants.reduce((sum, each) => sum + each, 0))
      if (await until(() => shares.reduce((sum, { granted }) => sum + granted, 0) === wanted, SETTLES_WITHIN_MS)) took.push(performance.now() - begun)
      await delay(50)
      worst = Math.max(worst, ...shares.map((share, index) => Math.abs(share.granted - (fair.get(String(index)) ?? 0))))
    }
    return { section, what: `permits away from max-min fairness once all are granted, ${instances} instances`, figure: `${worst} (${took.length} of ${rounds} demands; all granted after ${ms(median(took))}, max ${ms(Math.max(...took))})`, peers: {}, target: '<= 1', noise: '', verdict: judge(took.length === rounds ? worst : Infinity, { atMost: 1 }, 0), values: { worst, took } }
  })
}

/**
 * A needs less, B is hungry: from A's word to B's grant, beside a publish and its receipt between the two. Both wait asleep, as
 * services do: one that looks again and again takes the processor from the server.
 */
async function borrowed (rounds: number): Promise<Row> {
  let changed = (): void => {}
  return await withShares(2, async (shares, coordinators) => {
    const [a, b] = shares
    const [from, to] = coordinators
    if (a === undefined || b === undefined || from === undefined || to === undefined) throw new Error('two are needed')
    const trips: number[] = []
    const borrows: number[] = []
    for (let round = 0; round < rounds; round++) {
      progress(`capacity: borrowing, round ${round + 1}`)
      trips.push(await publishTrip(from, to))
      a.want(80)
      b.want(80)
      await until(() => a.granted === 50 && b.granted === 50, SETTLES_WITHIN_MS)
      await delay(20)
      const { promise, resolve } = Promise.withResolvers<number>()
      changed = () => { if (b.granted === 70) resolve(performance.now()) }
      const begun = performance.now()
      a.want(30)
      borrows.push(await Promise.race([promise, delay(SETTLES_WITHIN_MS, Infinity, { ref: false })]) - begun)
    }
    const trip = median(trips)
    const borrow = median(borrows)
    return {
      section,
      what: 'borrowing: A wants 30 of its 50, B gets 70',
      figure: `${(borrow / trip).toFixed(1)} publish round trips: median ${borrow.toFixed(2)} ms, max ${ms(Math.max(...borrows))}`,
      peers: { 'publish round trip': `${trip.toFixed(2)} ms` },
      target: '<= 5',
      noise: '',
      verdict: judge(borrow / trip, { atMost: 5 }, 0),
      values: { trips, borrows }
    }
  }, () => { changed() })
}

async function publishTrip (from: Coordinator, to: Coordinator): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const stop = to.broadcasts.receive('trip', () => { resolve(performance.now()) })
  await delay(5)
  const begun = performance.now()
  from.broadcasts.send('trip', new Uint8Array([1])).catch(() => {})
  const received = await promise
  stop()
  return received - begun
}

async function withShares<T> (instances: number, work: (shares: readonly CapacityShare[], coordinators: readonly Coordinator[]) => Promise<T>, granted?: () => void): Promise<T> {
  return await withRedis(async (redis) => {
    const coordinators = await Promise.all(Array.from({ length: instances }, (_, number) => instance(redis, `capacity-${number}`, { ttlMs: TTL_MS }, granted)))
    const result = await work(coordinators.map((coordinator) => coordinator.capacity('permits', { total: TOTAL })), coordinators)
    await Promise.all(coordinators.map((coordinator) => coordinator.close()))
    return result
  })
}

async function until (condition: () => boolean, within: number): Promise<boolean> {
  for (const end = performance.now() + within; performance.now() < end; await delay(2)) if (condition()) return true
  return condition()
}
