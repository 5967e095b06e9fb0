import type { Refusal } from '@plimsoll/core'

const BY = 'load-shedder'
const MAX_REASONS = 64

/** This plugin's refusals: one object a reason, made once, so that refusing allocates nothing. */
export class Refusals {
  readonly #retryAfter: () => number
  readonly #byReason: Map<string, Refusal> = new Map()

  /** @param retryAfter seconds, asked at each answer */
  constructor (retryAfter: () => number) {
    this.#retryAfter = retryAfter
  }

  /** A strategy of your own that makes a reason a request gets `other` for those after the 64th. */
  of (reason: string): Refusal {
    return this.#byReason.get(reason) ?? this.#make(this.#byReason.size < MAX_REASONS ? reason : 'other')
  }

  #make (reason: string): Refusal {
    const refusal = this.#byReason.get(reason) ?? { by: BY, reason, status: 503, retryAfter: this.#retryAfter }
    this.#byReason.set(reason, refusal)
    return refusal
  }
}
