import type { Clock } from '../clock.ts'

/** The end of one session, as its followers here know it. */
class FollowedLease {
  followers = 0
  readonly #clock: Clock
  #endsAt = 0

  constructor (clock: Clock) { this.#clock = clock }

  /** Until it ends; 0 or below when it should be over. */
  get remainingMs (): number { return this.#endsAt - this.#clock.now() }

  heard (remainingMs: number): void { this.#endsAt = this.#clock.now() + remainingMs }
}

/**
 * When the sessions end that others here wait for. Every renewal of this instance asks about them, so that whoever waits for
 * the end of a session that is renewed all the while sends nothing of its own.
 */
export class FollowedLeases {
  readonly #clock: Clock
  readonly #leases = new Map<string, FollowedLease>()

  constructor (clock: Clock) { this.#clock = clock }

  get sessions (): readonly string[] { return [...this.#leases.keys()] }

  /** To be left with {@link leave}. */
  follow (session: string, remainingMs: number): { readonly remainingMs: number } {
    const lease = this.#leases.get(session) ?? new FollowedLease(this.#clock)
    lease.heard(remainingMs)
    lease.followers += 1
    this.#leases.set(session, lease)
    return lease
  }

  leave (session: string): void {
    const lease = this.#leases.get(session)!
    lease.followers -= 1
    if (lease.followers === 0) this.#leases.delete(session)
  }

  /** What a renewal told; `asked` are the sessions that it was asked about. */
  learn (asked: readonly string[], remainingMs: readonly number[]): void {
    for (const [index, ms] of remainingMs.entries()) this.#leases.get(asked[index]!)?.heard(ms)
  }
}
