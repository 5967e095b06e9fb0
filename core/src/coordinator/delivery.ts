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
  #deadline: number
  /** Made when somebody wants to hear: most work is done long before. */
  #controller: AbortController | undefined
  #timer: ClockTimer | undefined
  /** How it ended; left out while it is this consumer's. */
  #end: 'acknowledged' | 'released' | 'lost' | undefined
  #ackId: string | undefined

  constructor ({ id, attempt }: Receipt, body: T, ports: DeliveryPorts) {
    this.id = id
    this.attempt = attempt
    this.body = body
    this.#ports = ports
    this.#deadline = ports.deadline
  }

  /** Aborted when the item may be another consumer's: by this process's own clock. */
  get signal (): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#timer === undefined && this.#end === undefined) this.#watch(this.#controller)
    return this.#controller.signal
  }

  isHeld (): boolean { return this.#end === undefined && this.#ports.clock.now() < this.#deadline }

  /**
   * Takes the item out of the queue. `false`: somebody else has it, or will.
   * @throws Unavailable; where ambiguous, calling it again tells
   */
  async ack (): Promise<boolean> {
    if (this.#end !== undefined) return this.#end === 'acknowledged'
    this.#ackId ??= this.#ports.operationId()
    return this.#settle(await this.#ports.driver.ack(this.#ackId, this), 'acknowledged')
  }

  /** Keeps the item for `ms` from now. `false`: it was lost. @throws Unavailable */
  async extend (ms: number): Promise<boolean> {
    const sentAt = this.#ports.clock.now()
    if (this.#end !== undefined || !await this.#ports.driver.extend(this.#ports.operationId(), this, ms)) return false
    this.#deadline = sentAt + ms * 0.95
    if (this.#controller !== undefined) this.#watch(this.#controller)
    return true
  }

  /** Puts the item back, for others to claim after `delayMs`. `false`: it was lost. @throws Unavailable */
  async release (delayMs = 0): Promise<boolean> {
    if (this.#end !== undefined) return false
    return this.#settle(await this.#ports.driver.release(this.#ports.operationId(), this, delayMs), 'released')
  }

  #settle (done: boolean, how: 'acknowledged' | 'released'): boolean {
    this.#end = done ? how : 'lost'
    this.#timer?.cancel()
    return done
  }

  #watch (controller: AbortController): void {
    this.#timer?.cancel()
    const left = this.#deadline - this.#ports.clock.now()
    if (left <= 0) controller.abort()
    else this.#timer = this.#ports.clock.after(left, () => { controller.abort() })
  }
}
