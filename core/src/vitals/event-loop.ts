import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { EventLoopUtilization, IntervalHistogram } from 'node:perf_hooks'
import type { Clock, ClockTimer } from '../clock.ts'
import type { EventLoopSigns } from './vital-signs.ts'

// Node's native timer at 50 ms: the cheapest source measured, a third of what a JS timer of the same rate costs.
const RESOLUTION_MS = 50

/** What {@link EventLoopSampler} needs of `monitorEventLoopDelay()`: nanoseconds, the resolution included. */
export type DelayHistogram = Pick<IntervalHistogram, 'enable' | 'disable' | 'reset' | 'count' | 'mean' | 'max' | 'percentile'>
type ActiveTime = Pick<EventLoopUtilization, 'idle' | 'active'>

/** Utilisation and delay of the event loop, of the window since the last sample. */
export class EventLoopSampler {
  readonly #clock: Clock
  readonly #histogram: DelayHistogram
  readonly #activeTime: () => ActiveTime
  readonly #firstTimer: ClockTimer
  #firstDue: number
  #firstDelay = 0
  readonly #realTime: () => number
  // Real milliseconds; what the histogram sees is real as well.
  #resetAt: number
  #last: ActiveTime

  constructor ({ clock, histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS }), activeTime = () => performance.eventLoopUtilization(), realTime = () => performance.now() }: {
    readonly clock: Clock
    readonly histogram?: DelayHistogram
    readonly activeTime?: () => ActiveTime
    readonly realTime?: () => number
  }) {
    this.#clock = clock
    this.#histogram = histogram
    this.#activeTime = activeTime
    this.#realTime = realTime
    this.#last = activeTime()
    histogram.enable()
    this.#resetAt = realTime()
    // Node's histogram does not record the interval in which it was enabled or reset: a block that begins there would
    // go unseen, so a timer of our own watches that one.
    this.#firstDue = clock.now() + RESOLUTION_MS
    this.#firstTimer = clock.after(RESOLUTION_MS, () => { this.#firstDelay = clock.now() - this.#firstDue })
  }

  /** `lateness`: milliseconds by which the sampler's own timer was late, a delay like any other. */
  sample (lateness: number): EventLoopSigns {
    const now = this.#activeTime()
    const active = now.active - this.#last.active
    const whole = active + now.idle - this.#last.idle
    this.#last = now
    const delay = this.#delay(Math.max(0, lateness, this.#firstDelay, this.#unrecorded()))
    this.#histogram.reset()
    this.#resetAt = this.#realTime()
    this.#firstDelay = 0
    this.#firstDue = this.#clock.now() + RESOLUTION_MS
    this.#firstTimer.refresh()
    // No idle and no active time: the loop has not turned since.
    return { utilization: whole > 0 ? Math.min(1, Math.max(0, active / whole)) : 0, delay }
  }

  close (): void {
    this.#firstTimer.cancel()
    this.#histogram.disable()
  }

  /**
   * A block that is just over when the sampler's timer fires may not be in the histogram yet, and the reset forgets it
   * (one of 850 ms was lost in a recorded trace). It shows as time that is missing from what was recorded.
   */
  #unrecorded (): number {
    const { count, mean } = this.#histogram
    const recorded = count === 0 ? 0 : count * mean / 1e6
    return this.#realTime() - this.#resetAt - recorded - this.#firstDelay - 2 * RESOLUTION_MS
  }

  #delay (own: number): EventLoopSigns['delay'] {
    // A block as long as the window leaves the histogram empty, and empty histograms give NaN.
    if (this.#histogram.count === 0) return { mean: own, p50: own, p99: own, max: own }
    return {
      mean: delayOf(this.#histogram.mean),
      p50: delayOf(this.#histogram.percentile(50)),
      p99: Math.max(own, delayOf(this.#histogram.percentile(99))),
      max: Math.max(own, delayOf(this.#histogram.max))
    }
  }
}

function delayOf (nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS)
}
