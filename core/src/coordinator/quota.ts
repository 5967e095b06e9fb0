import type { Clock } from '../clock.ts'
import { InvalidCoordinatorOption } from './errors.ts'
import type { QuotaDriver, QuotaRate } from './quota-driver.ts'

export interface QuotaOptions {
  /** Tokens that come in every `windowMs`, for all instances together. */
  readonly limit: number
  readonly windowMs: number
  /**
   * Tokens that may be taken at once after a rest.
   * @default limit
   */
  readonly burst?: number
  /**
   * Keys of which this instance keeps tokens; the least recently used goes first.
   * @default 10_000
   */
  readonly maxKeys?: number
}

export interface QuotaDecision {
  readonly allowed: boolean
  /** Tokens that this instance has at hand for the key. */
  readonly remaining: number
  /** 0 when allowed. */
  readonly retryAfterMs: number
}

export interface QuotaPorts {
  readonly driver: QuotaDriver
  readonly clock: Clock
  readonly operationId: () => string
  readonly isolated: () => boolean
  /** Instances last known, at least 1. */
  readonly instances: () => number
}

interface Bucket {
  /** Leased from the store, good until `leasedUntil`. */
  tokens: number
  leasedUntil: number
  /** Admitted before the store had been asked; paid back from the next lease. */
  debt: number
  blockedUntil: number
  asking: boolean
  /** While the backend is away. */
  local: number
  localAt: number
}

/**
 * A rate for all instances together, per key. `take` decides at once from tokens that were leased before; the first
 * request of a key is admitted optimistically, up to this instance's part of the burst. So while the backend answers,
 * admissions exceed the rate by at most one burst; while it is away, every instance admits the rate divided by the number
 * of instances that were last known.
 */
export class Quota {
  readonly name: string
  readonly #rate: QuotaRate
  readonly #maxKeys: number
  readonly #ports: QuotaPorts
  readonly #buckets = new Map<string, Bucket>()

  constructor (name: string, { limit, windowMs, burst = limit, maxKeys = 10_000 }: QuotaOptions, ports: QuotaPorts) {
    for (const [option, value] of Object.entries({ limit, windowMs, burst, maxKeys })) {
      if (!Number.isFinite(value) || value < 1) throw new InvalidCoordinatorOption(`quota.${option}`, value, 'a number from 1 is needed')
    }
    this.name = name
    this.#rate = { limit, windowMs, burst }
    this.#maxKeys = maxKeys
    this.#ports = ports
  }

  get keys (): number { return this.#buckets.size }

  /** Synchronous: what has to be asked of the store is asked behind it. */
  take (key: string, tokens = 1): QuotaDecision {
    const bucket = this.#bucket(key)
    if (this.#ports.isolated()) return this.#takeLocally(bucket, tokens)
    const now = this.#ports.clock.now()
    if (now >= bucket.leasedUntil) bucket.tokens = 0
    if (bucket.tokens >= tokens) {
      bucket.tokens -= tokens
      if (bucket.tokens < this.#batch() / 4) this.#ask(key, bucket, tokens)
      return allowed(bucket.tokens)
    }
    if (now < bucket.blockedUntil) return refused(bucket.blockedUntil - now)
    const optimistic = Math.max(1, Math.floor(this.#rate.burst / this.#ports.instances()))
    const admitted = bucket.debt + tokens <= optimistic
    if (admitted) bucket.debt += tokens
    this.#ask(key, bucket, tokens)
    return admitted ? allowed(0) : refused(this.#rate.windowMs / this.#rate.limit)
  }

  #ask (key: string, bucket: Bucket, tokens: number): void {
    const { clock, driver, operationId } = this.#ports
    if (bucket.asking || clock.now() < bucket.blockedUntil) return
    bucket.asking = true
    const wanted = Math.ceil(Math.max(tokens, this.#batch()) + bucket.debt)
    driver.take(operationId(), key, wanted, this.#rate).then(({ granted, retryAfterMs }) => {
      const now = clock.now()
      const paid = Math.min(bucket.debt, granted)
      bucket.debt -= paid
      bucket.tokens += granted - paid
      bucket.leasedUntil = now + this.#rate.windowMs
      if (granted < wanted) bucket.blockedUntil = now + retryAfterMs
    }, () => {
      // Not answered: the next request asks again, or finds the backend away.
    }).finally(() => { bucket.asking = false })
  }

  #takeLocally (bucket: Bucket, tokens: number): QuotaDecision {
    const now = this.#ports.clock.now()
    const share = 1 / this.#ports.instances()
    const perMs = this.#rate.limit * share / this.#rate.windowMs
    bucket.local = Math.min(Math.max(1, this.#rate.burst * share), bucket.local + (now - bucket.localAt) * perMs)
    bucket.localAt = now
    if (bucket.local < tokens) return refused((tokens - bucket.local) / perMs)
    bucket.local -= tokens
    return allowed(Math.floor(bucket.local))
  }

  /** Leased at once: a tenth of this instance's part, so that what a quiet instance holds is little. */
  #batch (): number {
    return Math.max(1, Math.ceil(this.#rate.burst / this.#ports.instances() / 10))
  }

  #bucket (key: string): Bucket {
    let bucket = this.#buckets.get(key)
    if (bucket === undefined) {
      bucket = { tokens: 0, leasedUntil: 0, debt: 0, blockedUntil: 0, asking: false, local: this.#rate.burst / this.#ports.instances(), localAt: this.#ports.clock.now() }
      const [oldest] = this.#buckets.keys()
      if (this.#buckets.size >= this.#maxKeys && oldest !== undefined) this.#buckets.delete(oldest)
    } else {
      this.#buckets.delete(key)
    }
    this.#buckets.set(key, bucket)
    return bucket
  }
}

function allowed (remaining: number): QuotaDecision { return { allowed: true, remaining, retryAfterMs: 0 } }

function refused (ms: number): QuotaDecision { return { allowed: false, remaining: 0, retryAfterMs: Math.ceil(ms) } }
