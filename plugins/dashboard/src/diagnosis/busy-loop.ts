import { duration, named, percent } from './figures.ts'
import { unknownCause } from './finding.ts'
import type { Cause } from './finding.ts'
import type { InstanceMemory } from './instance-memory.ts'
import type { CostBounds } from './loop-shares.ts'
import type { ServiceMemory } from './service-memory.ts'
import { AHEAD, BUSY, COLLECTING, COLLECTING_AT_LEAST, FAR_AHEAD, MOST, SOME, STALLS, THROTTLED } from './thresholds.ts'
import type { TrafficMemory } from './traffic-memory.ts'
import { trafficSurge } from './traffic-surge.ts'

/** Share of a stall for which the process has used a processor, or it did not run at all. */
const RAN = 0.5
/** How far a route's latency may mislead about its work, as a factor and in milliseconds. */
const MARGIN = 1.5
const MARGIN_MS = 2
/** Quantile of a route's quickest requests. */
const LOW = 0.1
/** A handler that waits for three things waits four times for the loop. */
const TURNS = 4
/** Milliseconds of each second that the loop has to be busier than usual: less makes nobody wait. */
const MIN_EXCESS_MS = 100
/** Standard errors by which a cost has to be more than nothing, where it is not as usual. */
const CERTAIN = 2.5
/** Share of what the quickest requests show that is taken for granted. */
const SURE = 0.8

/** The instance whose loop has least time left, where that is little; the longer its delays the worse. */
export function busiestLoop (memory: ServiceMemory): InstanceMemory | undefined {
  return memory.living.filter(isPressed).sort((a, b) => pressureOf(b) - pressureOf(a))[0]
}

/** It stands still again and again, or has no time left. */
export function isPressed (instance: InstanceMemory): boolean {
  return instance.isSaturated || instance.stoodStill || instance.stalls >= STALLS || instance.loop(10) >= BUSY
}

/** Why the loop of an instance is busy, or stands still. @param says how busy it is, where the sentence has not said so yet */
export function whyBusy (memory: ServiceMemory, instance: InstanceMemory, says: string = `${loopWords(instance)}, `): Cause {
  const evidence = [{ label: 'event loop', value: `${percent(instance.loop(10))}, longest delay ${duration(instance.longestMs)}` }, { label: 'CPU', value: `${instance.cpu(10).toFixed(2)} cores` }]
  const where = memory.whose(instance)
  if (instance.gc(10) >= Math.max(COLLECTING_AT_LEAST, COLLECTING * instance.loop(10))) {
    return { kind: 'component', name: 'garbage collection', instance: where, because: `${says}collections take ${percent(instance.gc(10))} of the time`, evidence }
  }
  const route = routeBehind(memory, instance)
  if (route !== undefined) {
    return {
      kind: 'route',
      name: named(route.name),
      instance: where,
      because: `${says}most time in ${named(route.name)}`,
      evidence: [...evidence, { label: 'loop time', value: route.uses.slice(0, 3).map(({ name, shareMs }) => `${named(name)} ${duration(shareMs)}/s`).join(', ') }]
    }
  }
  if (instance.stalledMs > 0 && instance.stallCpuMs < RAN * instance.stalledMs) {
    return unknownCause(`${says}the process used ${duration(instance.stallCpuMs)} of CPU in ${duration(instance.stalledMs)} of standing still: it was stopped, or the machine had no time for it`, evidence)
  }
  if (instance.throttled(10) >= THROTTLED) {
    return { kind: 'component', name: 'cpu quota', instance: where, because: `${says}the CPU quota of ${instance.frame.vitals.cpu.available} cores is used up in ${percent(instance.throttled(10))} of its periods`, evidence }
  }
  return trafficSurge(memory, says, evidence) ?? unknownCause(`${says}no route's requests account for it`, evidence)
}

interface RouteUse { readonly name: string, readonly shareMs: number, readonly grown: number, readonly isCertain: boolean }

/** The route that most of the loop's extra time goes to; less is enough where its own requests show it and no other's do. */
function routeBehind (memory: ServiceMemory, instance: InstanceMemory): { readonly name: string, readonly uses: readonly RouteUse[] } | undefined {
  const boundsOf = (name: string): CostBounds => costBounds(memory, instance, name)
  const uses = [...instance.loopUse(boundsOf)]
    .map(([name, { costMs, shareMs, errorMs }]): RouteUse => {
      const usual = instance.usualUse(name)
      return { name, shareMs, grown: shareMs - usual.shareMs, isCertain: costMs >= CERTAIN * errorMs || costMs <= MARGIN * usual.costMs }
    })
    .sort((a, b) => b.grown - a.grown)
  const [first, next] = uses
  if (first === undefined || first.grown <= 0) return undefined
  const excess = 1000 * instance.loop(10) - (instance.usualBusyMs ?? 0)
  if (excess < MIN_EXCESS_MS) return undefined
  const ahead = first.grown / Math.max(1, next?.grown ?? 0)
  const isMost = instance.isLoopKnown && first.isCertain && first.grown >= MOST * excess && ahead >= AHEAD
  const isOnlyOne = boundsOf(first.name).least > 0 && first.grown >= SOME * excess && ahead >= FAR_AHEAD
  return isMost || isOnlyOne ? { name: first.name, uses } : undefined
}

/** Such as "event loop 97 %, stood still for up to 412 ms". */
function loopWords (instance: InstanceMemory): string {
  const stood = instance.stoodStillLately ? `stood still for up to ${duration(instance.longestMs)}` : ''
  return instance.loop(10) >= BUSY || stood === '' ? `event loop ${percent(instance.loop(10))}${stood === '' ? '' : `, ${stood}`}` : `event loop ${stood}`
}

/** What is known of the milliseconds of the loop that one request of a route takes. */
function costBounds (memory: ServiceMemory, instance: InstanceMemory, name: string): CostBounds {
  const route = memory.routes.get(name)
  const mean = route?.meanMs(30)
  if (route === undefined || mean === undefined) return { guess: 0, least: 0, most: Infinity }
  const usualCost = instance.usualUse(name).costMs
  // Not longer than the request itself; and where what is usual is known, not much more than it has grown beyond all others.
  const usual = route.usual.meanMs
  if (usual === undefined) return { guess: usualCost, least: 0, most: mean }
  const delays = commonDelays(memory)
  const own = ownGrowth(route, delays.low, instance)
  const grown = Math.max(own, mean - usual - delays.mean, 0)
  return { guess: usualCost + own, least: SURE * own, most: Math.max(own, Math.min(mean, MARGIN * ((usualCost > 0 ? usualCost : usual) + grown) + MARGIN_MS)) }
}

/** By how much a route's quickest requests have become slower, beyond those of all others: they met a loop that was free, and show its own work. */
function ownGrowth (route: TrafficMemory, common: number, instance: InstanceMemory): number {
  const { usual } = route
  const quickest = usual.pendingQuantile(LOW)
  const slowest = usual.quantile(1 - LOW)
  if (quickest === undefined || slowest === undefined || quickest <= slowest) return 0
  const own = Math.max(0, quickest - usual.quantile(0.5)! - TURNS * common)
  // More than the loop has had to do: they wait for something else.
  return own * route.served(10) / 10 > MARGIN * 1000 * instance.loop(10) ? 0 : own
}

/** Milliseconds that every route takes longer than usual: they wait for the loop. */
function commonDelays (memory: ServiceMemory): { readonly low: number, readonly mean: number } {
  const routes = [...memory.routes.all()]
  return { low: least(routes.map(lowDelayOf)), mean: least(routes.map(meanDelayOf)) }
}

function least (delays: ReadonlyArray<number | undefined>): number {
  const known = delays.filter((delay) => delay !== undefined)
  return known.length < 2 ? 0 : Math.max(0, Math.min(...known))
}

function lowDelayOf ({ usual }: TrafficMemory): number | undefined {
  const now = usual.pendingQuantile(LOW)
  const before = usual.quantile(LOW)
  return now === undefined || before === undefined ? undefined : now - before
}

function meanDelayOf (route: TrafficMemory): number | undefined {
  const mean = route.meanMs(30)
  const usual = route.usual.meanMs
  return mean === undefined || usual === undefined || route.timed(30) < 5 ? undefined : mean - usual
}

function pressureOf (instance: InstanceMemory): number { return instance.loop(10) + instance.stalledMs / 30_000 }
