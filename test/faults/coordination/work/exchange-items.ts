import { isAmbiguous, isCoordinatorError } from '@plimsoll/core'
import type { Delivery, DistributedQueue } from '@plimsoll/core'
import type { Claimed } from '../record.ts'
import { sleep } from './work-ports.ts'
import type { WorkPorts } from './work-ports.ts'

const BATCHES = [1, 8, 64]
const RETRY_MS = 50
/** Items are pushed over this time, so that a fault falls among them. */
const SPREAD_MS = 1_200
const ASKED_AGAIN = 100

/** Pushes numbered items, and claims and acknowledges what anybody pushed. */
export class ItemExchange {
  readonly #ports: WorkPorts
  readonly #queue: DistributedQueue<number>
  #holding = false

  constructor (ports: WorkPorts) {
    this.#ports = ports
    this.#queue = ports.coordinator.queue<number>('items', { visibilityMs: ports.config.visibilityMs, maxAttempts: 1_000_000, maxLength: 1_000_000 })
  }

  /** From now on: claims, and keeps what it has. */
  hold (): void { this.#holding = true }

  async produce (first: number, count: number): Promise<void> {
    const { random, stop } = this.#ports
    for (let next = first; next < first + count && !stop.aborted;) {
      const size = Math.min(first + count - next, BATCHES[Math.floor(random() * BATCHES.length)] ?? 1)
      if (await this.#push(next, size)) next += size
      else await sleep(RETRY_MS, stop)
      await sleep(2 * random() * SPREAD_MS * size / count, stop)
    }
  }

  async consume (): Promise<void> {
    const { config, log, stop } = this.#ports
    while (!stop.aborted) {
      const sent = log.now()
      try {
        const deliveries = await this.#queue.claim(config.claimLimit, { waitMs: 1_000, signal: stop })
        if (deliveries.length === 0) continue
        const answered = log.now()
        log.addNow({ kind: 'claimed', items: deliveries.map(receiptOf), sent, answered })
        if (this.#holding) await this.#hold(deliveries)
        else await this.#acknowledge(deliveries)
      } catch (error) {
        // Away, or the answer was lost: then what it claimed comes again when its time is over.
        if (!isCoordinatorError(error, 'UNAVAILABLE')) throw error
        await sleep(RETRY_MS, stop)
      }
    }
  }

  /** Whether it is settled: what surely did not arrive may be pushed again, of the rest nobody knows. */
  async #push (first: number, count: number): Promise<boolean> {
    const { log } = this.#ports
    log.addNow({ kind: 'pushing', first, count, sent: log.now() })
    try {
      await this.#queue.push(Array.from({ length: count }, (_, index) => first + index))
      log.add({ kind: 'pushed', first, count, answered: log.now() })
      return true
    } catch (error) {
      if (isAmbiguous(error)) return true
      log.add({ kind: 'not-pushed', first, count, answered: log.now() })
      return false
    }
  }

  async #hold (deliveries: readonly Delivery<number>[]): Promise<void> {
    this.#ports.tell({ tell: 'holds-items', count: deliveries.length })
    await sleep(1e9, this.#ports.stop)
  }

  async #acknowledge (deliveries: readonly Delivery<number>[]): Promise<void> {
    const { config, log, random } = this.#ports
    // Some work takes a while, and the faults fall into it.
    if (random() < 0.5) await sleep(config.workMs.least + random() * (config.workMs.most - config.workMs.least))
    log.addNow({ kind: 'acking', items: deliveries.map(receiptOf), sent: log.now() })
    const outcomes = await Promise.all(deliveries.map((delivery) => this.#acknowledgeOne(delivery)))
    const having = (outcome: boolean): readonly Claimed[] => deliveries.filter((_, index) => outcomes[index] === outcome).map(receiptOf)
    log.add({ kind: 'acked', done: having(true), lost: having(false), answered: log.now() })
  }

  /** `undefined`: nobody knows. Asked again under the same operation, the store tells what became of it. */
  async #acknowledgeOne (delivery: Delivery<number>): Promise<boolean | undefined> {
    for (let attempt = 0; attempt < ASKED_AGAIN; attempt++) {
      try {
        return await delivery.ack()
      } catch {
        await sleep(RETRY_MS)
      }
    }
    return undefined
  }
}

function receiptOf ({ body, attempt }: Delivery<number>): Claimed {
  return [body, attempt]
}
