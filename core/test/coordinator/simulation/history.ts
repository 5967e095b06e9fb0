/** What clients saw, for the checks. */
export class History {
  operations = 0
  ledAfterwards = false
  increments = 0
  ambiguousIncrements = 0
  ambiguousAcknowledgements = 0
  items = 0
  readonly durable: Set<number> = new Set()
  readonly violations: Set<string> = new Set()
  readonly #acknowledged = new Set<number>()
  readonly #deliveries = new Set<string>()
  #lastEpoch = 0

  acknowledged (item: number): void {
    if (this.#acknowledged.has(item)) this.violations.add('queue: an item was acknowledged twice')
    this.#acknowledged.add(item)
  }

  isAcknowledged (item: number): boolean { return this.#acknowledged.has(item) }

  delivered (item: number, attempt: number): void {
    const delivery = `${item}#${attempt}`
    if (this.#deliveries.has(delivery)) this.violations.add('queue: one attempt was delivered twice')
    this.#deliveries.add(delivery)
  }

  /** A fenced write that the store accepted. */
  accepted (epoch: number): void {
    if (epoch < this.#lastEpoch) this.violations.add('election: a write of an older epoch was accepted')
    this.#lastEpoch = Math.max(this.#lastEpoch, epoch)
  }
}
