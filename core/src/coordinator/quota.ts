import { hash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { partOf, QuotaBucket } from './quota-bucket.ts'
import type { QuotaDriver, QuotaRate } from './quota-driver.ts'
import type { QuotaSettings } from './quota-options.ts'
import { Unanswered } from './unanswered.ts'

export interface QuotaDecision {
  readonly allowed: boolean
  /** Tokens that this instance would give for the key now: at hand, or ahead of the store. */
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

/** Milliseconds for which the number of instances is believed. */
const INSTANCES_AGE_MS = 1_000
/** Keys that are looked at for one that can be forgotten. */
const SCAN = 32

/**
 * A rate for all instances together, per key. `take` decides at once and synchronously:
 *
 * - tokens are leased from the store a batch at a time (half of this instance's part of the burst), so that a key costs one
 *   request to the store a batch;
 * - while there are none at hand and the store has not been heard, up to one batch is admitted ahead of it, and paid back. So
 *   since a key was new, what is admitted exceeds the rate by at most one batch an instance (and in any stretch of time by
 *   two: one that was leased before it, and one that is paid after it);
 * - while the store is away (it failed, or 50 ms passed without an answer, or the session is lost) each instance admits the
 *   rate divided by the number of instances that were last known, counted from what it admitted before. That is paid back as
 *   well; after a failure or a loss of data, all that was used of this part is.
 *
 * The keys of clients that are refused, or owe, are not forgotten for others; where all are such, new keys share one bucket.
 * The store sees digests of keys.
 */
export class Quota {
  readonly name: string
  readonly #maxKeys: number
  readonly #ports: QuotaPorts
  readonly #unanswered = new Unanswered()
  readonly #buckets = new Map<string, QuotaBucket>()
  #rate: QuotaRate
  #instances = 1
  #instancesAt = -Infinity
  #overflow: QuotaBucket | undefined

  constructor (name: string, { limit, windowMs, burst, maxKeys }: QuotaSettings, ports: QuotaPorts) {
    this.name = name
    this.#rate = { limit, windowMs, burst }
    this.#maxKeys = maxKeys
    this.#ports = ports
  }

  get keys (): number { return this.#buckets.size }

  /** Keys that are refused now. Looks at all of them: not for a hot path. */
  limitedKeys (): number {
    const now = this.#ports.clock.now()
    const away = this.#isAway(now)
    return [...this.#buckets.values()].filter((bucket) => this.#decisionOn(bucket, now, away).remaining < 1).length
  }

  /** Synchronous: what has to be asked of the store is asked behind it. At most `burst` tokens can ever be had at once. */
  take (key: string, tokens: number = 1): QuotaDecision {
    const now = this.#ports.clock.now()
    const bucket = this.#bucket(key, now)
    const part = bucket.part(this.#rate, this.#countInstances(now), now)
    if (tokens <= bucket.tokens) {
      bucket.tokens -= tokens
      this.#spend(bucket, tokens)
      return allowed(bucket.tokens)
    }
    if (this.#isAway(now)) return this.#takeAlone(key, bucket, tokens, part, now)
    if (now < bucket.blockedUntil) return refused(bucket.blockedUntil - now)
    const admitted = bucket.debt + tokens <= this.#batch() && bucket.debt + bucket.owed + tokens <= partOf(this.#rate, this.#instances)
    if (admitted) {
      bucket.debt += tokens
      this.#spend(bucket, tokens)
    }
    this.#ask(key, bucket, tokens, now)
    return admitted ? allowed(this.#batch() - bucket.debt) : refused(this.#tokenMs)
  }

  /** How the key stands, as far as this instance knows; takes and asks nothing. */
  peek (key: string): QuotaDecision {
    const now = this.#ports.clock.now()
    const bucket = this.#buckets.get(key)
    this.#countInstances(now)
    return bucket === undefined ? allowed(this.#batch()) : this.#decisionOn(bucket, now, this.#isAway(now))
  }

  /** Takes tokens whether or not there are any; a negative number gives them back. */
  charge (key: string, tokens: number): void {
    const now = this.#ports.clock.now()
    const bucket = this.#bucket(key, now)
    bucket.part(this.#rate, this.#countInstances(now), now)
    this.#spend(bucket, tokens)
    if (tokens < 0) return bucket.receive(-tokens)
    const held = Math.min(bucket.tokens, tokens)
    bucket.tokens -= held
    bucket.debt += tokens - held
  }

  /** As if this instance had never seen the key. */
  forget (key: string): void { this.#buckets.delete(key) }

  /** Changes the rate, for this instance: every instance sends its own with what it asks. */
  setRate (rate: QuotaRate): void { this.#rate = rate }

  /** The store has forgotten what was used. */
  dataLost (): void {
    const now = this.#ports.clock.now()
    for (const bucket of this.#buckets.values()) bucket.oweUsed(this.#rate, this.#countInstances(now), now)
  }

  #takeAlone (key: string, bucket: QuotaBucket, tokens: number, part: number, now: number): QuotaDecision {
    if (this.#unanswered.mayProbe(now)) this.#ask(key, bucket, tokens, now)
    if (part < tokens) return refused((tokens - part) * this.#tokenMs * this.#instances)
    this.#spend(bucket, tokens)
    bucket.owed += tokens
    return allowed(Math.floor(part - tokens))
  }

  #decisionOn (bucket: QuotaBucket, now: number, away: boolean): QuotaDecision {
    const remaining = bucket.tokens + (away ? Math.floor(bucket.part(this.#rate, this.#countInstances(now), now)) : now < bucket.blockedUntil ? 0 : Math.max(0, this.#batch() - bucket.debt))
    return remaining >= 1 ? allowed(remaining) : refused(away ? this.#tokenMs * this.#instances : Math.max(bucket.blockedUntil - now, 1))
  }

  #ask (key: string, bucket: QuotaBucket, tokens: number, now: number): void {
    if (bucket.asking) return
    const { clock, driver, operationId } = this.#ports
    const { burst } = this.#rate
    const batch = this.#batch()
    const wanted = Math.ceil(Math.min(burst, Math.max(tokens, batch) - bucket.tokens + bucket.debt + bucket.owed))
    const request = this.#unanswered.sent(now)
    bucket.asking = true
    driver.take(operationId(), bucket === this.#overflow ? 'overflow' : digest(key), wanted, this.#rate).then(({ granted, retryAfterMs }) => {
      // A store that was gone may have come back without what it knew, and will say so later than it answers this.
      if (this.#unanswered.answered(request)) this.dataLost()
      bucket.receive(granted)
      // So that whoever is at the limit costs no request to the store for each token: a batch of them is waited for.
      if (granted < wanted) bucket.blockedUntil = clock.now() + Math.max(retryAfterMs, batch * this.#tokenMs)
    }, () => {
      this.#unanswered.failed(request)
    }).finally(() => { bucket.asking = false })
  }

  #spend (bucket: QuotaBucket, tokens: number): void { bucket.spend(tokens, this.#rate, this.#instances) }

  #isAway (now: number): boolean { return this.#ports.isolated() || this.#unanswered.isAway(now) }

  /** Leased at once: half of this instance's part, so that what quiet instances hold is at most half of the burst. */
  #batch (): number { return Math.ceil(partOf(this.#rate, this.#instances) / 2) }

  /** Until one more token comes in. */
  get #tokenMs (): number { return this.#rate.windowMs / this.#rate.limit }

  #countInstances (now: number): number {
    if (now - this.#instancesAt >= INSTANCES_AGE_MS) {
      this.#instances = this.#ports.instances()
      this.#instancesAt = now
    }
    return this.#instances
  }

  #bucket (key: string, now: number): QuotaBucket {
    const known = this.#buckets.get(key)
    if (known !== undefined) return known
    const fresh = new QuotaBucket(this.#rate, this.#countInstances(now), now)
    if (this.#buckets.size >= this.#maxKeys && !this.#forgetOne(now)) {
      this.#overflow ??= fresh
      return this.#overflow
    }
    // A copy: a part of a long string would keep all of it.
    this.#buckets.set(Buffer.from(key).toString(), fresh)
    return fresh
  }

  #forgetOne (now: number): boolean {
    let left = SCAN
    for (const [key, bucket] of this.#buckets) {
      this.#buckets.delete(key)
      if (!bucket.isKept(this.#rate, this.#instances, now)) return true
      // To the end: the next search begins with others.
      this.#buckets.set(key, bucket)
      left -= 1
      if (left === 0) break
    }
    return false
  }
}

/** Short, and no secret of a client's. */
function digest (key: string): string { return hash('sha256', key, 'base64url').slice(0, 22) }

function allowed (remaining: number): QuotaDecision { return { allowed: true, remaining, retryAfterMs: 0 } }

function refused (ms: number): QuotaDecision { return { allowed: false, remaining: 0, retryAfterMs: Math.ceil(ms) } }
