import type { Clock, ClockTimer } from '../clock.ts'
import type { QueueDriver, Receipt } from './queue-driver.ts'

export interface DeliveryPorts {
  readonly driver: QueueDriver
  readonly clock: Clock
  readonly operationId: () => string
  /** Clock milliseconds up to which the store is sure to keep the item for this consumer. */
  readonly deadline: number
}

/** An item that this consumer has for a while. Its proof is id and attempt. */
export class Delivery<T> implements Receipt {
  readonly id: string
  readonly attempt: number
  readonly body: T
  readonly #ports: DeliveryPorts
  readonly #controller = new AbortController()
  #deadline: number
  #timer: ClockTimer | undefined
  #settled: boolean | undefined
  #ackId: string | undefined

  constructor ({ id, attempt }: Receipt, body: T, ports: DeliveryPorts) {
    this.id = id
    this.attempt = attempt
    this.body = body
    this.#ports = ports
    this.#deadline = ports.deadline
    this.#watch()
  }

  /** Aborted when the item may be another consumer's: by this process's own clock. */
  get signal (): AbortSignal { return this.#controller.signal }

  isHeld (): boolean { return this.#settled === undefined && this.#ports.clock.now() < this.#deadline }

  /**
   * Takes the item out of the queue. `false`: somebody else has it, or will.
   * @throws Unavailable; where ambiguous, calling it again tells
   */
  async ack (): Promise<boolean> {
    if (this.#settled !== undefined) return this.#settled
    this.#ackId ??= this.#ports.operationId()
    return this.#settle(await this.#ports.driver.ack(this.#ackId, this))
  }

  /** Keeps the item for `ms` from now. `false`: it was lost. @throws Unavailable */
  async extend (ms: number): Promise<boolean> {
    const sentAt = this.#ports.clock.now()
    if (this.#settled !== undefined || !await this.#ports.driver.extend(this.#ports.operationId(), this, ms)) return false
    this.#deadline = sentAt + ms * 0.95
    this.#watch()
    return true
  }

  /** Puts the item back, for others to claim after `delayMs`. `false`: it was lost. @throws Unavailable */
  async release (delayMs = 0): Promise<boolean> {
    if (this.#settled !== undefined) return false
    return this.#settle(await this.#ports.driver.release(this.#ports.operationId(), this, delayMs))
  }

  #settle (outcome: boolean): boolean {
    this.#settled = outcome
    this.#timer?.cancel()
    return outcome
  }

  #watch (): void {
    this.#timer?.cancel()
    const left = this.#deadline - this.#ports.clock.now()
    if (left <= 0) this.#controller.abort()
    else this.#timer = this.#ports.clock.after(left, () => { this.#watch() })
  }
}
