import type { Clock, ClockTimer } from '@plimsoll/core'
import type { Notification } from './notification.ts'
import { Undelivered } from './notifiers/notifier.ts'
import type { Notifier } from './notifiers/notifier.ts'

/** First and longest pause between attempts; doubled each time, less up to half by chance. */
const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 60_000

/** Attempts that never ended, above which none is begun: a notifier that hangs must not collect promises. */
const MAX_HUNG = 3

export interface DeliveryStats {
  readonly delivered: number
  /** Attempts that failed. */
  readonly failed: number
  /** Notifications given up: refused for good, or the oldest of a full queue. */
  readonly dropped: number
}

export interface DeliveryPorts {
  readonly clock: Clock
  readonly dropped: (notification: Notification, why: string) => void
}

interface Waiting {
  readonly notification: Notification
  /** Told when it was taken (true) or given up. */
  readonly done: (delivered: boolean) => void
}

/**
 * Hands notifications to one notifier, in order, one at a time, again and again until each is taken: at least once. It never
 * throws and keeps nobody waiting. Bounded: when it is full the oldest goes.
 */
export class DeliveryQueue {
  readonly notifier: Notifier
  readonly #ports: DeliveryPorts
  readonly #waiting: Waiting[] = []
  readonly #stats = { delivered: 0, failed: 0, dropped: 0 }
  #sending = false
  #hung = 0
  #attempts = 0
  #failingSince: number | undefined
  #lastError = ''
  #pause: ClockTimer | undefined
  #idle: PromiseWithResolvers<void> | undefined
  #closed = false

  constructor (notifier: Notifier, ports: DeliveryPorts) {
    this.notifier = notifier
    this.#ports = ports
  }

  get stats (): DeliveryStats { return this.#stats }

  get queued (): number { return this.#waiting.length }

  get lastError (): string { return this.#lastError }

  /** Milliseconds since the first of the attempts that have failed in a row; 0 after one that has not. */
  get failingForMs (): number { return this.#failingSince === undefined ? 0 : this.#ports.clock.now() - this.#failingSince }

  push (notification: Notification, done: (delivered: boolean) => void = () => {}): void {
    if (this.#closed) return
    // The one that is being sent stays: it may arrive.
    if (this.#waiting.length >= this.notifier.maxQueued) for (const oldest of this.#waiting.splice(this.#sending ? 1 : 0, 1)) this.#drop(oldest, 'the queue is full')
    this.#waiting.push({ notification, done })
    if (this.#pause === undefined) this.#run()
  }

  /** Forgets what waits: another instance will tell it. */
  clear (): void { this.#waiting.splice(this.#sending ? 1 : 0) }

  /** Resolves when nothing waits any more. */
  async drained (): Promise<void> {
    if (this.#waiting.length === 0) return
    this.#idle ??= Promise.withResolvers()
    await this.#idle.promise
  }

  /** What waits is lost; how many those are is returned. */
  close (): number {
    this.#closed = true
    this.#pause?.cancel()
    this.#idle?.resolve()
    return this.#waiting.splice(0).length
  }

  async #run (): Promise<void> {
    if (this.#sending) return
    this.#sending = true
    this.#pause = undefined
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const failure = await this.#attempt(next.notification)
      if (this.#waiting[0] !== next) break
      if (failure !== undefined && !failure.permanent) {
        this.#retryLater(failure)
        break
      }
      this.#waiting.shift()
      if (failure === undefined) {
        this.#stats.delivered++
        next.done(true)
      } else this.#drop(next, failure.message)
    }
    this.#sending = false
    if (this.#waiting.length === 0) {
      this.#idle?.resolve()
      this.#idle = undefined
    }
  }

  async #attempt (notification: Notification): Promise<Undelivered | undefined> {
    try {
      await this.#send(notification)
      this.#attempts = 0
      this.#failingSince = undefined
      return undefined
    } catch (error) {
      this.#stats.failed++
      this.#attempts++
      this.#failingSince ??= this.#ports.clock.now()
      const failure = error instanceof Undelivered ? error : new Undelivered(messageOf(error))
      this.#lastError = failure.message.slice(0, 200)
      return failure
    }
  }

  /** @throws what the notifier rejects with, and Undelivered when it takes too long, whether or not it heeds its signal */
  async #send (notification: Notification): Promise<void> {
    if (this.#hung >= MAX_HUNG) throw new Undelivered(`${this.#hung} attempts hang and were never answered`)
    const { timeoutMs } = this.notifier
    const controller = new AbortController()
    const late = Promise.withResolvers<never>()
    const timer = this.#ports.clock.after(timeoutMs, () => {
      this.#hung++
      controller.abort()
      late.reject(new Undelivered(`it did not answer within ${timeoutMs} ms`))
    })
    const sent = this.notifier.send(notification, controller.signal)
    const settled = (): void => {
      timer.cancel()
      if (controller.signal.aborted) this.#hung--
    }
    sent.then(settled, settled)
    await Promise.race([sent, late.promise])
  }

  #retryLater ({ retryAfterMs = 0 }: Undelivered): void {
    const { clock } = this.#ports
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(this.#attempts - 1, 10))
    this.#pause = clock.after(Math.max(retryAfterMs, pause * (0.5 + 0.5 * clock.random())), () => { this.#run() })
  }

  #drop (waiting: Waiting, why: string): void {
    this.#stats.dropped++
    this.#ports.dropped(waiting.notification, why)
    waiting.done(false)
  }
}

function messageOf (error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ''
  return error instanceof Error ? `${error.message}${cause}` : String(error)
}
