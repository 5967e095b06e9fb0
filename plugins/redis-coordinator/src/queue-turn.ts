import type { ClaimedItem, NothingYet, Receipt } from '@plimsoll/core'

export interface Settlement {
  readonly operation: string
  readonly what: 'ack' | 'extend' | 'release'
  readonly receipt: Receipt
  /** To extend by, or to wait before it may be claimed again. */
  readonly ms: number
}

export interface Claim {
  readonly operation: string
  readonly limit: number
}

export type Claimed = readonly ClaimedItem[] | NothingYet

export interface TurnOutcome {
  /** In the order of the settlements. */
  readonly settled: readonly boolean[]
  /** In the order of the claims. */
  readonly claimed: readonly Claimed[]
}

interface Waiting<T, R> {
  readonly asked: T
  readonly resolve: (result: R) => void
  readonly reject: (error: unknown) => void
}

/**
 * Settlements, and claims, in one script: while the server runs one, the answer of the one before is worked on; and whom else
 * it serves is not held up for long.
 */
const MOST = 32

/**
 * What is asked of a queue in one turn of the event loop, sent as one script, or a few: an acknowledgement and the claim of
 * the next item are one round trip, 32 of them are one command, and nothing waits for company.
 */
export class QueueTurn {
  readonly #send: (settlements: readonly Settlement[], claims: readonly Claim[]) => Promise<TurnOutcome>
  #settlements: Waiting<Settlement, boolean>[] = []
  #claims: Waiting<Claim, Claimed>[] = []
  #scheduled = false

  constructor (send: (settlements: readonly Settlement[], claims: readonly Claim[]) => Promise<TurnOutcome>) { this.#send = send }

  settle (asked: Settlement): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#settlements.push({ asked, resolve, reject })
      this.#schedule()
    })
  }

  claim (asked: Claim): Promise<Claimed> {
    return new Promise((resolve, reject) => {
      this.#claims.push({ asked, resolve, reject })
      this.#schedule()
    })
  }

  #schedule (): void {
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => { this.#flush() })
  }

  #flush (): void {
    const settlements = this.#settlements
    const claims = this.#claims
    this.#scheduled = false
    this.#settlements = []
    this.#claims = []
    for (let from = 0; from < Math.max(settlements.length, claims.length); from += MOST) {
      this.#sendSome(settlements.slice(from, from + MOST), claims.slice(from, from + MOST))
    }
  }

  #sendSome (settlements: readonly Waiting<Settlement, boolean>[], claims: readonly Waiting<Claim, Claimed>[]): void {
    this.#send(settlements.map(({ asked }) => asked), claims.map(({ asked }) => asked)).then(({ settled, claimed }) => {
      for (const [index, { resolve }] of settlements.entries()) resolve(settled[index]!)
      for (const [index, { resolve }] of claims.entries()) resolve(claimed[index]!)
    }, (error: unknown) => {
      for (const { reject } of settlements) reject(error)
      for (const { reject } of claims) reject(error)
    })
  }
}
