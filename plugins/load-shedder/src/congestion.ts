import type { WindowSummary } from './concurrency-window.ts'
import { SlidingCorrelation } from './sliding-correlation.ts'

/** Work that takes this many times its baseline, and this many milliseconds longer, is inflated. */
const INFLATED = 2
export const INFLATED_MS = 5

/** Windows that the correlations look back on. */
const WINDOWS = 3

/** In-flight that has risen by this factor from window to window grows; throughput that has not, beyond chance, is flat. */
const GROWTH = 1.1

/** Fewer in flight than this wait for nobody. */
const MIN_IN_FLIGHT = 4

export type CongestionReason = 'queue' | 'throughput-falling' | 'throughput-correlation' | 'latency-correlation'

/**
 * Looks for the signs that more requests in flight only wait somewhere behind the handlers (a pool, another service,
 * the loop itself). Longer work alone is none: a service that has become slower is not helped by fewer requests. So
 * the guards of failsafe-go's `adaptivelimiter.go` are asked: how in-flight correlates with throughput and with
 * latency; and in-flight must be growing while throughput goes on and does not, or a queue must stand in the gate.
 */
export class Congestion {
  readonly #throughput = new SlidingCorrelation(WINDOWS)
  readonly #latency = new SlidingCorrelation(WINDOWS)
  #previous: WindowSummary | undefined
  #suspect = false

  /** The reason for the verdict, once two windows in a row look congested. */
  judge (window: WindowSummary, overloaded: boolean): CongestionReason | undefined {
    this.#throughput.add(window.inFlight, window.throughput)
    this.#latency.add(window.inFlight, window.inflation)
    const before = this.#suspect
    const growing = this.#growsInVain(window)
    this.#previous = window
    this.#suspect = window.inflation - window.chance >= INFLATED && window.excessMs >= INFLATED_MS && (overloaded || growing)
    if (!before || !this.#suspect) return undefined
    return overloaded ? 'queue' : this.#guard()
  }

  clear (): void {
    this.#throughput.clear()
    this.#latency.clear()
    this.#previous = undefined
    this.#suspect = false
  }

  /** Whether the last window looks congested, so that nothing should be learned from it. */
  get suspect (): boolean { return this.#suspect }

  /** More in flight than in the window before, while no more is finished; but finished it is. */
  #growsInVain (window: WindowSummary): boolean {
    const previous = this.#previous
    if (previous === undefined || window.inFlight <= Math.max(MIN_IN_FLIGHT, GROWTH * previous.inFlight)) return false
    // Of two counts by chance; twice the standard error of their ratio.
    const tolerance = GROWTH + 2 * Math.sqrt(1 / window.finished + 1 / previous.finished)
    return window.throughput < tolerance * previous.throughput && window.throughput > previous.throughput / tolerance
  }

  #guard (): CongestionReason | undefined {
    const withThroughput = this.#throughput.correlation
    if (withThroughput < 0) return 'throughput-falling'
    if (this.#latency.correlation <= 0.5) return undefined
    if (withThroughput < 0.3) return 'throughput-correlation'
    return this.#throughput.variation < 0.2 ? 'latency-correlation' : undefined
  }
}
