import type { Quota, RawRequest } from '@plimsoll/core'
import type { Algorithm, Rate, Verdict } from './algorithm.ts'
import { ALGORITHMS, hasBurst } from './algorithms/index.ts'
import type { AlgorithmName } from './algorithms/index.ts'
import type { BanRule } from './bans.ts'
import { ADDRESS } from './client-keys.ts'
import type { ClientKeys } from './client-keys.ts'
import { policyItem, quoted } from './header-fields.ts'
import { KeyStore } from './key-store.ts'
import type { CostFunction } from './options.ts'

/** A limit with everything that was left out filled in. */
export interface LimitPlan {
  readonly name: string
  readonly limit: number
  readonly windowMs: number
  readonly algorithm: AlgorithmName
  readonly burst: number | undefined
  readonly cost: number | CostFunction
  readonly maxKeys: number
  readonly cluster: boolean | undefined
  readonly ban: BanRule | undefined
}

/** Which clients there are, and how much of one limit each has used. */
export class Limit {
  readonly plan: LimitPlan
  readonly keys: ClientKeys
  readonly algorithm: Algorithm
  readonly store: KeyStore
  /** Requests since the start; those that a dry run spared count as refused as well. */
  readonly counts: { allowed: number, refused: number, spared: number } = { allowed: 0, refused: 0, spared: 0 }
  /** The name as it stands in headers. */
  readonly label: string
  /** In `RateLimit-Policy`. */
  policy: string
  readonly #failed: (error: unknown) => void
  #rate: Rate
  #quota: Quota | undefined
  // Of the last request, so that it can be taken back in the same turn.
  #slot = 0
  #cost = 0
  #now = 0

  /** @param failed told of what the cost function throws */
  constructor (plan: LimitPlan, keys: ClientKeys, failed: (error: unknown) => void) {
    this.plan = plan
    this.keys = keys
    this.algorithm = ALGORITHMS[plan.algorithm]
    this.#failed = failed
    this.#rate = rateOf(plan, plan.limit)
    this.label = quoted(plan.name)
    this.policy = policyItem(this.label, this.#rate)
    this.store = new KeyStore(plan.maxKeys, {
      width: this.algorithm.width,
      restMs: (cells, at, now) => this.algorithm.restMs(cells, at, this.#rate, now),
      isRefused: (cells, at, now) => {
        this.algorithm.take(cells, at, this.#rate, now, 0, scratch)
        return scratch.remaining < 1
      }
    })
  }

  get rate (): Rate { return this.#rate }

  /** Whether it is one limit for all instances together. */
  get isShared (): boolean { return this.#quota !== undefined }

  /** Clients whose state is kept. */
  get keyCount (): number { return this.#quota?.keys ?? this.store.size }

  /** Clients of which a request would be refused now. Not for a hot path. */
  limitedKeys (now: number): number { return this.#quota?.limitedKeys() ?? this.store.refusedNow(now) }

  /** Changes the limit while the service runs; what clients have used stays. */
  setLimit (limit: number): void {
    this.#rate = rateOf(this.plan, limit)
    this.policy = policyItem(this.label, this.#rate)
    this.#quota?.setRate(this.#rate)
  }

  /** From now on all instances count together. */
  share (quota: Quota): void { this.#quota = quota }

  /** Decides on a request of the client that {@link keys} has identified. */
  take (req: RawRequest, now: number, verdict: Verdict): void {
    this.takeUnits(this.#costOf(req), now, verdict)
  }

  takeUnits (cost: number, now: number, verdict: Verdict): void {
    this.#cost = cost
    if (this.#quota === undefined) this.#takeHere(now, verdict)
    else this.#takeShared(this.#quota, verdict)
  }

  /** Gives back what the last request took: another limit has refused it. */
  giveBack (): void { this.#charge(-this.#cost, this.#slot, this.#now) }

  /** How the client that {@link keys} has identified stands; counts nothing. */
  peek (now: number, verdict: Verdict): void {
    if (this.#quota !== undefined) {
      fill(verdict, this.#quota.peek(this.#sharedKey()))
    } else {
      const slot = this.store.find(this.keys.low, this.keys.high)
      if (slot < 0) Object.assign(verdict, { allowed: true, remaining: this.#rate.burst, retryAfterMs: 0, resetMs: 0 })
      else this.algorithm.take(this.store.cells, this.store.at(slot), this.#rate, now, 0, verdict)
    }
  }

  /** Counts units for the client that {@link keys} has identified, whether or not they fit; negative ones are given back. */
  charge (units: number, now: number): void {
    const slot = this.#quota === undefined ? this.store.obtain(this.keys.low, this.keys.high, now) : 0
    this.#charge(units, slot, now)
  }

  /** As if the client that {@link keys} has identified had never come. What other instances counted stays. */
  forget (): void {
    const slot = this.store.find(this.keys.low, this.keys.high)
    if (slot >= 0) this.store.forget(slot)
    this.#quota?.forget(this.#sharedKey())
  }

  #takeHere (now: number, verdict: Verdict): void {
    const { store } = this
    const slot = store.obtain(this.keys.low, this.keys.high, now)
    this.#slot = slot
    this.#now = now
    this.algorithm.take(store.cells, store.at(slot), this.#rate, now, this.#cost, verdict)
    if (!verdict.allowed) store.markRefused(slot)
  }

  #takeShared (quota: Quota, verdict: Verdict): void { fill(verdict, quota.take(this.#sharedKey(), this.#cost)) }

  #charge (units: number, slot: number, now: number): void {
    if (this.#quota === undefined) this.algorithm.charge(this.store.cells, this.store.at(slot), this.#rate, now, units)
    else this.#quota.charge(this.#sharedKey(), units)
  }

  // A text that is an address and one that is not are different keys, as in the hash.
  #sharedKey (): string { return (this.keys.kind === ADDRESS ? 'a:' : 'k:') + this.keys.key }

  #costOf (req: RawRequest): number {
    const { cost } = this.plan
    const { burst } = this.#rate
    if (typeof cost === 'number') return cost <= burst ? cost : burst
    try {
      const units = cost(req)
      if (Number.isSafeInteger(units) && units >= 0) return Math.min(units, burst)
      this.#failed(new RangeError(`a cost is a whole number from 0, not ${String(units)}`))
    } catch (error) {
      this.#failed(error)
    }
    return 1
  }
}

const scratch: Verdict = { allowed: false, remaining: 0, retryAfterMs: 0, resetMs: 0 }

function fill (verdict: Verdict, { allowed, remaining, retryAfterMs }: { readonly allowed: boolean, readonly remaining: number, readonly retryAfterMs: number }): void {
  verdict.allowed = allowed
  verdict.remaining = remaining
  verdict.retryAfterMs = retryAfterMs
  verdict.resetMs = 0
}

function rateOf ({ algorithm, burst, windowMs }: LimitPlan, limit: number): Rate {
  if (!hasBurst(algorithm)) return { limit, windowMs, burst: limit }
  return { limit, windowMs, burst: burst ?? (algorithm === 'leaky-bucket' ? 1 : limit) }
}
