import type { QuotaRate } from './quota-driver.ts'

/** What one instance knows of one key. */
export class QuotaBucket {
  /** Leased from the store, and not used yet. */
  tokens = 0
  /** Admitted ahead of the store; paid back from the next lease. */
  debt = 0
  /** Admitted without the store, while it was away; paid back as well, as far as it has not come in again meanwhile. */
  owed = 0
  /** The store has said that there is nothing before. */
  blockedUntil = 0
  asking = false
  /** Of this instance's part of the rate, for when the store is away. Counted all the time: an outage brings no second burst. */
  #part: number
  #partAt: number

  constructor (rate: QuotaRate, instances: number, now: number) {
    this.#part = partOf(rate, instances)
    this.#partAt = now
  }

  /** What this instance may admit by itself. */
  part (rate: QuotaRate, instances: number, now: number): number {
    const { limit, windowMs } = rate
    const whole = partOf(rate, instances)
    this.#part = Math.min(whole, this.#part + (now - this.#partAt) * limit / windowMs / instances)
    this.#partAt = now
    this.owed = Math.min(this.owed, Math.ceil(whole - this.#part))
    return this.#part
  }

  /**
   * After {@link part}, at the same time. Below 0, but not far: the store may lease this instance more than its part for a
   * while, and a client that it sees alone is not to be refused for long when the store goes away.
   */
  spend (tokens: number, rate: QuotaRate, instances: number): void {
    this.#part = Math.max(-partOf(rate, instances) / 2, this.#part - tokens)
  }

  /** A lease: what was admitted ahead is paid first. */
  receive (granted: number): void {
    const paid = Math.min(this.debt, granted)
    const back = Math.min(this.owed, granted - paid)
    this.debt -= paid
    this.owed -= back
    this.tokens += granted - paid - back
  }

  /** The store has forgotten what was used: what this instance has used of its part is owed. */
  oweUsed (rate: QuotaRate, instances: number, now: number): void {
    const used = Math.floor(partOf(rate, instances) - this.part(rate, instances, now))
    this.owed = Math.max(this.owed, used)
    this.blockedUntil = 0
  }

  /** Whether to forget it would give its client something: it is refused, owes, or waits for an answer. */
  isKept (rate: QuotaRate, instances: number, now: number): boolean {
    return this.asking || this.debt > 0 || this.owed > 0 || this.blockedUntil > now || this.part(rate, instances, now) < 1
  }
}

/** This instance's part of the burst. */
export function partOf ({ burst }: QuotaRate, instances: number): number { return Math.max(1, burst / instances) }
