import type { Clock } from '@plimsoll/core'
import type { Connection } from './connection.ts'
import type { Channel, Namespace } from './namespace.ts'

type Listener = (message: Buffer) => void

const RETRY_MS = 100

/** Messages of the namespace, over a connection of their own that exists only while somebody listens. */
export class Subscriptions {
  readonly #connection: Connection
  readonly #namespace: Namespace
  readonly #clock: Clock
  readonly #listeners = new Map<Channel, Set<Listener>>()
  /** Whether the driver has been told to connect. */
  #active = false

  constructor (connection: Connection, namespace: Namespace, clock: Clock) {
    this.#connection = connection
    this.#namespace = namespace
    this.#clock = clock
    const channels = new Map(CHANNELS.map((channel) => [namespace.channel(channel), channel]))
    connection.onReady = () => {
      for (const channel of this.#listeners.keys()) this.#subscribe(channel)
    }
    connection.onMessage = (name, message) => {
      const channel = channels.get(name)
      for (const listener of (channel && this.#listeners.get(channel)) ?? []) listener(message)
    }
  }

  /** From now on connections may be made. */
  activate (): void {
    this.#active = true
    if (this.#listeners.size > 0) this.#connection.start()
  }

  listen (channel: Channel, listener: Listener): () => void {
    const listeners = this.#listeners.get(channel) ?? new Set()
    const first = listeners.size === 0
    listeners.add(listener)
    this.#listeners.set(channel, listeners)
    if (first && this.#active) {
      this.#connection.start()
      this.#subscribe(channel)
    }
    return () => {
      if (!listeners.delete(listener) || listeners.size > 0 || this.#listeners.get(channel) !== listeners) return
      this.#listeners.delete(channel)
      if (this.#connection.isReady) this.#connection.unsubscribe(this.#namespace.channel(channel)).catch(() => {})
    }
  }

  /** Nothing came though something was sent: another connection may hear. */
  deaf (): void { this.#connection.reconnect() }

  close (): void {
    this.#listeners.clear()
    this.#connection.close()
  }

  /** A cluster's connection for subscriptions may come later than the cluster: once more, while it is wanted. */
  #subscribe (channel: Channel): void {
    if (!this.#connection.isReady || !this.#listeners.has(channel)) return
    this.#connection.subscribe(this.#namespace.channel(channel)).catch(() => {
      this.#clock.after(RETRY_MS, () => { this.#subscribe(channel) })
    })
  }
}

const CHANNELS: readonly Channel[] = ['changes', 'broadcasts', 'ready', 'shares']
