import type { Frame } from '@plimsoll/core'
import { SlidingSums } from '@plimsoll/core/statistics'
import type { Finding, Findings } from '../rule.ts'
import { secondOf } from './route-table.ts'

/** A threshold that can be moved while the service runs. */
export interface ThresholdSettings { threshold: number }

/** A start compiles and loads: its stalls and collections are no incident. */
const START_MS = 60_000

/** Share of the nearest memory limit that is used. */
export function memoryUsage (settings: ThresholdSettings): (frame: Frame) => Findings {
  return ({ vitals: { memory } }) => ({
    active: memory.utilization > settings.threshold,
    value: memory.utilization,
    threshold: settings.threshold,
    summary: `${percent(memory.utilization)} of the nearest memory limit: heap ${megabytes(memory.heapUsed)} of ${megabytes(memory.heapLimit)} MB, resident ${megabytes(memory.rss)} of ${megabytes(memory.limit)} MB (${memory.limitedBy})`
  })
}

const GC_WINDOW_S = 120
const GC_PAUSES = 3

/** Collections that hold the loop for longer than the threshold, in milliseconds, again and again. */
export function gcPause (settings: ThresholdSettings): (frame: Frame) => Findings {
  const long = new SlidingSums(1, [GC_WINDOW_S])
  const began = startOf()
  return (frame) => {
    const { longestPause } = frame.vitals.gc
    long.moveTo(secondOf(frame))
    if (frame.clock - began(frame) >= START_MS && longestPause > settings.threshold) long.add(0, 1)
    const seconds = long.sum(0, GC_WINDOW_S)
    return {
      active: seconds >= GC_PAUSES,
      value: longestPause / 1000,
      threshold: settings.threshold / 1000,
      summary: `collections held the loop for more than ${settings.threshold} ms in ${seconds} of the last ${GC_WINDOW_S} seconds; the last window's longest took ${longestPause.toFixed(0)} ms`
    }
  }
}

const STALL_WINDOW_S = 30
const STALLS = 3
const LONG_STALL = 5

/** The loop stands still for longer than the threshold, in milliseconds, three times in half a minute; or once for five times as long. */
export function eventLoopStall (settings: ThresholdSettings): (frame: Frame) => Findings {
  const stalls = new SlidingSums(1, [STALL_WINDOW_S])
  const began = startOf()
  return (frame) => {
    const { max } = frame.vitals.eventLoop.delay
    stalls.moveTo(secondOf(frame))
    const started = frame.clock - began(frame) >= START_MS
    const longAlone = started && max > LONG_STALL * settings.threshold
    if (started && max > settings.threshold) stalls.add(0, 1)
    return {
      active: longAlone || stalls.sum(0, STALL_WINDOW_S) >= STALLS,
      value: max / 1000,
      threshold: settings.threshold / 1000,
      summary: `the event loop stood still for ${max.toFixed(0)} ms; for more than ${settings.threshold} ms in ${stalls.sum(0, STALL_WINDOW_S)} of the last ${STALL_WINDOW_S} seconds`
    }
  }
}

function startOf (): (frame: Frame) => number {
  let startedAt: number | undefined
  return (frame) => (startedAt ??= frame.clock)
}

/** Pools of which more than the threshold's share is in use, one finding a pool. */
export function connectionPoolExhaustion (settings: ThresholdSettings): (frame: Frame) => Findings {
  return ({ components }) => {
    const findings: Finding[] = []
    for (const { kind, name, snapshot } of components) {
      const { max, inUse, waiting } = snapshot
      if (kind !== 'pool' || typeof max !== 'number' || typeof inUse !== 'number' || max <= 0) continue
      findings.push({
        labels: { pool: name },
        active: inUse / max > settings.threshold,
        value: inUse / max,
        threshold: settings.threshold,
        summary: `pool ${name}: ${inUse} of ${max} in use${typeof waiting === 'number' ? `, ${waiting} waiting` : ''}`
      })
    }
    return findings
  }
}

/** Breakers that are open, one finding a breaker. One that is tried again (half-open) is not over; one that an operator isolated is no alert. */
export function circuitBreakerOpen (): (frame: Frame) => Findings {
  const open = new Set<string>()
  return ({ components }) => {
    const findings: Finding[] = []
    const before = new Set(open)
    open.clear()
    for (const { kind, snapshot } of components) {
      if (kind !== 'circuit-breaker' || !Array.isArray(snapshot['breakers'])) continue
      for (const breaker of snapshot['breakers']) {
        const { name, state, failureRate, calls } = breakerOf(breaker)
        if (state !== 'open' && !(state === 'half-open' && before.has(name))) continue
        open.add(name)
        findings.push({ labels: { breaker: name }, active: true, value: failureRate, summary: `breaker ${name} is ${state}: ${percent(failureRate)} of its last ${calls} calls failed` })
      }
    }
    return findings
  }
}

function breakerOf (shown: unknown): { readonly name: string, readonly state: string, readonly failureRate: number, readonly calls: number } {
  const { name = '', state = '', failureRate = 0, calls = 0 }: { name?: unknown, state?: unknown, failureRate?: unknown, calls?: unknown } = typeof shown === 'object' && shown !== null ? shown : {}
  return { name: String(name), state: String(state), failureRate: Number(failureRate), calls: Number(calls) }
}

/** A notifier as the watchdog sees it. */
export interface NotifierFigures {
  readonly name: string
  readonly failingForMs: number
  readonly queued: number
  readonly lastError: string
}

/** Notifiers that have not got rid of anything for longer than the threshold, in milliseconds; told to the others. */
export function notifierDead (settings: ThresholdSettings, notifiers: () => readonly NotifierFigures[]): () => Findings {
  return () => notifiers().map(({ name, failingForMs, queued, lastError }) => ({
    labels: { notifier: name },
    active: failingForMs > settings.threshold,
    value: failingForMs / 1000,
    threshold: settings.threshold / 1000,
    summary: `notifier ${name} has taken nothing for ${Math.round(failingForMs / 1000)} s, ${queued} wait: ${lastError}`
  }))
}

function percent (share: number): string { return `${(100 * share).toFixed(1)} %` }

function megabytes (bytes: number): string { return (bytes / 2 ** 20).toFixed(0) }
