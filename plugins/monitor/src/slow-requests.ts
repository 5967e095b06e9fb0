import type { SlowRequest } from '@plimsoll/core'

export const MAX_SLOW_REQUESTS = 10
// Below any duration.
const NO_FLOOR = -1

/**
 * The slowest requests since the last {@link take}, for people to look at: at most ten. One that is not among them costs a
 * comparison; nothing of it is read.
 */
export class SlowRequests {
  readonly #sampleRate: number
  readonly #random: () => number
  #kept: SlowRequest[] = []
  #floor = NO_FLOOR

  constructor ({ sampleRate, random }: { readonly sampleRate: number, readonly random: () => number }) {
    this.#sampleRate = sampleRate
    this.#random = random
  }

  /** Whether a request that took so long is to be described to {@link keep}. */
  wants (ms: number): boolean {
    return ms > this.#floor && (this.#sampleRate === 1 || this.#random() < this.#sampleRate)
  }

  keep (request: SlowRequest): void {
    this.#kept.push(request)
    this.#kept.sort((a, b) => b.ms - a.ms)
    if (this.#kept.length > MAX_SLOW_REQUESTS) this.#kept.pop()
    if (this.#kept.length === MAX_SLOW_REQUESTS) this.#floor = this.#kept[MAX_SLOW_REQUESTS - 1]!.ms
  }

  /** Slowest first. */
  get kept (): readonly SlowRequest[] { return this.#kept }

  take (): readonly SlowRequest[] {
    const taken = this.#kept
    this.#kept = []
    this.#floor = NO_FLOOR
    return taken
  }
}
