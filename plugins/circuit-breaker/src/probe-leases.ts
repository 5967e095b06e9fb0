import type { CircuitBreakerSettings } from './options.ts'
import type { Permit } from './permit.ts'

/** Probes that are out at a time while half-open. One that does not come back loses its place when its lease ends. */
export class ProbeLeases {
  // In the order of their start, which is that of their end: all leases have one length.
  readonly #out: Permit[] = []

  add (probe: Permit): void { this.#out.push(probe) }

  /** In how many ms one of `places` falls free at the latest; 0 while one is. */
  untilFree (places: number, now: number, leaseMs: number): number {
    this.#expire(now, leaseMs)
    return this.#out.length < places ? 0 : this.#endOfFirst(leaseMs) - now
  }

  /** Does nothing where the lease had ended. */
  giveBack (probe: Permit): void {
    const at = this.#out.indexOf(probe)
    if (at >= 0) this.#out.splice(at, 1)
  }

  clear (): void { this.#out.length = 0 }

  #expire (now: number, leaseMs: number): void {
    while (this.#out.length > 0 && this.#endOfFirst(leaseMs) <= now) this.#out.shift()
  }

  #endOfFirst (leaseMs: number): number { return this.#out[0]!.startedAt + leaseMs }
}

/** A hung probe must not be taken for lost before its own timeout has decided. */
export function leaseOf ({ probeLease, timeout, waitDurationInOpenState }: CircuitBreakerSettings): number {
  if (probeLease > 0) return probeLease
  return timeout > 0 ? 2 * timeout : waitDurationInOpenState
}
