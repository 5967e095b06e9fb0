import type { Clock } from '../clock.ts'
import { decodeJson, encodeJson } from './codec.ts'
import { Delivery } from './delivery.ts'
import { isCoordinatorError, QueueFull } from './errors.ts'
import type { ClaimedItem, QueueDriver, QueueItem, QueueStats } from './queue-driver.ts'
import type { QueueSettings } from './queue-options.ts'
import { Wakeable } from './wakeable.ts'

export interface PushResult {
  readonly ids: readonly string[]
  /** `false`: in this process's memory only, for now. */
  readonly durable: boolean
}

export interface DistributedQueuePorts {
  readonly driver: QueueDriver
  readonly clock: Clock
  readonly maxValueBytes: number
  /** Between two looks where the driver does not tell when there will be something. */
  readonly pollMs: number
  readonly retryMs: number
  readonly operationId: () => string
}

/** What a look at the queue found, or how long to wait before the next. */
interface Found<T> {
  readonly deliveries: readonly Delivery<T>[]
  readonly pauseMs: number
}

/** Of items in one look; for fewer, two looks at a time cost more than they gain. */
const LEAST_LOOK = 8
const MOST_LOOK = 1_000

/** At-least-once: an item is delivered again until somebody acknowledges it in time. First in, first out as a best effort. */
export class DistributedQueue<T> {
  readonly name: string
  readonly #options: QueueSettings
  readonly #bufferMax: number
  readonly #ports: DistributedQueuePorts
  readonly #buffered: { readonly items: readonly QueueItem[], readonly delayMs: number }[] = []
  #flushing = false

  constructor (name: string, options: QueueSettings, ports: DistributedQueuePorts) {
    this.name = name
    this.#options = options
    this.#bufferMax = options.buffer?.max ?? 0
    this.#ports = ports
  }

  /** Items that wait in this process for the backend to come back. */
  get buffered (): number { return this.#buffered.reduce((sum, { items }) => sum + items.length, 0) }

  /**
   * All or none of `bodies`.
   * @throws QueueFull; Unavailable, unless there is a buffer
   */
  async push (bodies: T | readonly T[], { id, delayMs = 0 }: { readonly id?: string, readonly delayMs?: number } = {}): Promise<PushResult> {
    const list: readonly unknown[] = Array.isArray(bodies) ? bodies : [bodies]
    const operation = this.#ports.operationId()
    const items = list.map((body, index) => ({
      id: id === undefined ? `${operation}.${index}` : list.length === 1 ? id : `${id}.${index}`,
      body: encodeJson(this.name, body, this.#ports.maxValueBytes - 1_024),
      deduplicate: id !== undefined || this.#bufferMax > 0
    }))
    const ids = items.map((item) => item.id)
    try {
      if (items.length > 0 && !await this.#ports.driver.push(operation, items, delayMs)) throw new QueueFull(this.name, this.#options.maxLength, items.length)
      return { ids, durable: true }
    } catch (error) {
      if (!isCoordinatorError(error, 'UNAVAILABLE') || this.#bufferMax === 0) throw error
      if (this.buffered + items.length > this.#bufferMax) throw new QueueFull(this.name, this.#bufferMax, items.length)
      this.#buffered.push({ items, delayMs })
      return { ids, durable: false }
    }
  }

  /** Up to `limit` items; waits up to `waitMs` for the first. @throws Unavailable */
  async claim (limit: number, { waitMs = 0, signal }: { readonly waitMs?: number, readonly signal?: AbortSignal } = {}): Promise<readonly Delivery<T>[]> {
    if (waitMs <= 0) return (await this.#look(limit, signal)).deliveries
    const { clock, driver } = this.#ports
    const sleeper = new Wakeable(clock, signal)
    const stop = driver.onReady(() => { sleeper.wake() })
    try {
      return await this.#claimBy(clock.now() + waitMs, limit, sleeper, signal)
    } finally {
      stop()
    }
  }

  /**
   * Hands items to `handle`, up to `concurrency` at a time, until `signal` is aborted; then waits for those in hand.
   * What `handle` returns from is acknowledged; what it throws at comes again after a delay that doubles.
   */
  async consume (handle: (delivery: Delivery<T>) => Promise<void>, { concurrency, signal }: { readonly concurrency: number, readonly signal: AbortSignal }): Promise<void> {
    const { clock, driver, retryMs } = this.#ports
    const sleeper = new Wakeable(clock, signal)
    const stopListening = driver.onReady(() => { sleeper.wake() })
    const ended = Promise.withResolvers<void>()
    /** Half of them at a time, so that one half is worked on while the backend sees to the other. */
    const most = Math.min(MOST_LOOK, Math.max(LEAST_LOOK, Math.ceil(concurrency / 2)))
    let handling = 0
    let inHand = 0
    /** Under way, asleep, or about to be sent; and for how many items. */
    let looks = 0
    let lookedFor = 0
    let gathering = false
    /** The last look found all that it looked for. */
    let plenty = false
    const step = (): void => {
      if (gathering) return
      if (!signal.aborted && handling + lookedFor < concurrency && looks < (plenty ? 2 : 1)) look()
      else if (signal.aborted && inHand + looks === 0) ended.resolve()
    }
    const look = async (): Promise<void> => {
      looks += 1
      gathering = true
      // A microtask later, so that all whose work ends in this turn of the event loop are looked for at once.
      await undefined
      gathering = false
      const limit = Math.min(most, concurrency - handling - lookedFor)
      lookedFor += limit
      const looking = this.#look(limit, signal)
      step()
      let found: Found<T> = { deliveries: [], pauseMs: retryMs }
      try {
        found = await looking
      } catch {
        // Tried again after a pause.
      }
      lookedFor -= limit
      plenty = found.deliveries.length >= limit
      for (const delivery of found.deliveries) work(delivery)
      // While there is another look, that is the one to wait.
      if (found.deliveries.length === 0 && looks === 1) await sleeper.sleep(found.pauseMs)
      looks -= 1
      step()
    }
    const work = async (delivery: Delivery<T>): Promise<void> => {
      handling += 1
      inHand += 1
      let handled = true
      try {
        await handle(delivery)
      } catch {
        handled = false
      }
      handling -= 1
      // The next look goes to the backend together with the end of this one.
      step()
      await this.#end(delivery, handled)
      inHand -= 1
      step()
    }
    step()
    await ended.promise
    stopListening()
  }

  stats (): Promise<QueueStats> { return this.#ports.driver.stats() }

  async dead (limit = 100): Promise<readonly { readonly id: string, readonly attempt: number, readonly body: T }[]> {
    return (await this.#ports.driver.dead(limit)).map(({ id, attempt, body }) => ({ id, attempt, body: decodeJson(body) as T }))
  }

  /** Puts a dead item back; `false`: there is none of this id. */
  revive (id: string): Promise<boolean> { return this.#ports.driver.revive(this.#ports.operationId(), id) }

  /** Pushes what was buffered, in its order; an item that did arrive before is recognised by its id. */
  async flush (): Promise<void> {
    if (this.#flushing) return
    this.#flushing = true
    try {
      for (let next = this.#buffered[0]; next !== undefined; next = this.#buffered[0]) {
        if (!await this.#ports.driver.push(this.#ports.operationId(), next.items, next.delayMs)) return
        this.#buffered.shift()
      }
    } catch {
      // Still away: the next session tries again.
    } finally {
      this.#flushing = false
    }
  }

  /** Looks until there is something, `until` has come, or it is stopped. */
  async #claimBy (until: number, limit: number, sleeper: Wakeable, signal: AbortSignal | undefined): Promise<readonly Delivery<T>[]> {
    const { clock } = this.#ports
    while (signal?.aborted !== true) {
      const { deliveries, pauseMs } = await this.#look(limit, signal)
      const left = until - clock.now()
      if (deliveries.length > 0 || left <= 0) return deliveries
      await sleeper.sleep(Math.min(left, pauseMs))
    }
    return []
  }

  /** One claim; what it gets when it is stopped goes back. @throws Unavailable */
  async #look (limit: number, signal: AbortSignal | undefined): Promise<Found<T>> {
    const { clock, driver, operationId, pollMs } = this.#ports
    const stopped = (): boolean => signal?.aborted === true
    if (stopped()) return { deliveries: [], pauseMs: 0 }
    const sentAt = clock.now()
    const claimed = await driver.claim(operationId(), limit)
    // What another consumer claims after this look falls due no earlier than its visibility from then.
    if ('nextInMs' in claimed) return { deliveries: [], pauseMs: Math.min(claimed.nextInMs, this.#options.visibilityMs) }
    const deliveries = claimed.map((item) => this.#deliver(item, sentAt))
    if (!stopped()) return { deliveries, pauseMs: pollMs }
    await Promise.all(deliveries.map((delivery) => delivery.release()))
    return { deliveries: [], pauseMs: 0 }
  }

  /** Acknowledges what was handled; the rest comes again later each time. */
  async #end (delivery: Delivery<T>, handled: boolean): Promise<void> {
    try {
      if (handled) {
        await delivery.ack()
        return
      }
    } catch {
      // Not known to be acknowledged: then it may as well come again.
    }
    const backoff = Math.min(this.#options.visibilityMs, 100 * 2 ** delivery.attempt)
    await delivery.release(backoff * (0.5 + 0.5 * this.#ports.clock.random())).catch(() => {})
  }

  #deliver ({ id, attempt, body }: ClaimedItem, sentAt: number): Delivery<T> {
    const { driver, clock, operationId } = this.#ports
    return new Delivery<T>({ id, attempt }, decodeJson(body) as T, { driver, clock, operationId, deadline: sentAt + this.#options.visibilityMs * 0.95 })
  }
}
