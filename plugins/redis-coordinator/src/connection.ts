import type { Clock } from '@plimsoll/core'
import { UnreachableError } from './errors.ts'
import { because, textOf, unavailable } from './failure.ts'
import type { RedisClient } from './redis-client.ts'

/** An attempt to connect may take as long as two commands. */
const ATTEMPTS = 2

/** One connection that gets itself back: made at the first need, never waited for longer than an attempt takes. */
export class Connection {
  /** Of the last attempt, while it is not ready. */
  lastError: string | undefined
  /** Times that it was ready. */
  connects = 0
  /** Called each time it is ready. */
  onReady: (() => void) | undefined
  /** Called with each message of a channel. */
  onMessage: ((channel: string, message: Buffer) => void) | undefined
  readonly #make: () => RedisClient
  readonly #clock: Clock
  readonly #timeoutMs: number
  /** Commands that wait for an answer, and when the last answer came, or the first of them was sent. */
  #pending = 0
  #progressAt = 0
  /** When the present attempt to connect began. */
  #attemptAt = 0
  #client: RedisClient | undefined
  #closed = false

  /** Commands that nothing is answered to for `timeoutMs` have no connection any more, though nobody may have closed it. */
  constructor (make: () => RedisClient, { clock, timeoutMs }: { readonly clock: Clock, readonly timeoutMs: number }) {
    this.#make = make
    this.#clock = clock
    this.#timeoutMs = timeoutMs
  }

  get isReady (): boolean { return this.#client?.status === 'ready' }

  /** Begins to connect; told of by `onReady`. */
  start (): void {
    if (this.#client !== undefined || this.#closed) return
    const client = this.#make()
    this.#client = client
    this.#attemptAt = this.#clock.now()
    const isPresent = (): boolean => client === this.#client
    client.on('connecting', () => { if (isPresent()) this.#attemptAt = this.#clock.now() })
    client.on('error', (error) => { if (isPresent()) this.lastError = textOf(error) })
    client.on('ready', () => {
      if (!isPresent()) return
      this.lastError = undefined
      this.connects += 1
      this.onReady?.()
    })
    client.on('messageBuffer', (channel, message) => {
      if (Buffer.isBuffer(message)) this.onMessage?.(String(channel), message)
    })
    // What became of it, the events tell.
    client.connect().catch(() => {})
  }

  /**
   * Resolves when it is ready.
   * @throws Unavailable with the next failure
   */
  async open (signal: AbortSignal): Promise<void> {
    this.start()
    this.#giveUpAttempt()
    const client = this.#client
    if (client === undefined) throw because(new UnreachableError('it was closed'))
    if (this.isReady) return
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const fail = (error: unknown): void => { reject(unavailable(error)) }
    const abort = (): void => { fail(new Error('the attempt was given up')) }
    client.on('ready', resolve)
    client.on('error', fail)
    client.on('end', abort)
    signal.addEventListener('abort', abort)
    try {
      await promise
    } finally {
      client.off('ready', resolve)
      client.off('error', fail)
      client.off('end', abort)
      signal.removeEventListener('abort', abort)
    }
  }

  /** @throws what ioredis throws; for callers that make it `Unavailable` */
  async call (command: string, ...args: (string | Buffer)[]): Promise<unknown> {
    this.#giveUpAttempt()
    const client = this.#ready()
    const now = this.#clock.now()
    if (this.#pending === 0) this.#progressAt = now
    else if (now - this.#progressAt > this.#timeoutMs) this.#suspect()
    this.#pending += 1
    try {
      return await client.callBuffer(command, ...args)
    } finally {
      this.#pending -= 1
      this.#progressAt = this.#clock.now()
    }
  }

  async publish (channel: string, message: Buffer): Promise<void> { await this.#ready().publish(channel, message) }

  async subscribe (channel: string): Promise<void> { await this.#ready().subscribe(channel) }

  async unsubscribe (channel: string): Promise<void> { await this.#ready().unsubscribe(channel) }

  /**
   * Drops the present connection for another one: with a client of its own, since one that waits for a goodbye over a dead
   * line, or for the last node of a Cluster, may wait for ever.
   */
  reconnect (): void {
    if (this.isReady) this.#replace()
    else this.#giveUpAttempt()
  }

  close (): void {
    this.#closed = true
    this.#client?.disconnect()
  }

  /** Where the event loop was blocked, the answers are there, and read before an immediate. */
  #suspect (): void {
    const before = this.#progressAt
    setImmediate(() => { if (this.#progressAt === before) this.reconnect() })
  }

  /** Where a line takes a connection and then says nothing, an attempt never ends by itself. */
  #giveUpAttempt (): void {
    if (this.#client !== undefined && !this.isReady && this.#clock.now() - this.#attemptAt > ATTEMPTS * this.#timeoutMs) this.#replace()
  }

  #replace (): void {
    this.#client?.disconnect()
    this.#client = undefined
    this.start()
  }

  #ready (): RedisClient {
    if (this.#client === undefined) throw new Error("the connection isn't ready")
    return this.#client
  }
}
