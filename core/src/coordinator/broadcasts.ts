import { InvalidValue } from './errors.ts'
import type { Link } from './link.ts'

/**
 * Messages to the instances that listen now; any may be lost, so what must not be lost goes through the log or a revision
 * check. Receivers are told of their own messages too.
 */
export class Broadcasts {
  sent = 0
  received = 0
  readonly #link: Link
  readonly #channels = new Map<string, Set<(bytes: Uint8Array) => void>>()
  #stop: (() => void) | undefined

  constructor (link: Link) { this.#link = link }

  /** @throws InvalidValue beyond the backend's size; never for a message that is lost */
  async send (channel: string, bytes: Uint8Array): Promise<void> {
    const { maxBroadcastBytes } = this.#link.driver.capabilities
    if (bytes.length > maxBroadcastBytes) throw new InvalidValue(`a broadcast on ${channel}`, `${bytes.length} bytes are more than the ${maxBroadcastBytes} that the backend carries`)
    this.sent += 1
    await this.#link.call(() => this.#link.driver.broadcast(channel, bytes), false).catch(() => {})
  }

  receive (channel: string, listener: (bytes: Uint8Array) => void): () => void {
    this.#stop ??= this.#link.driver.subscribe((channel, bytes) => {
      this.received += 1
      for (const listener of this.#channels.get(channel) ?? []) listener(bytes)
    })
    const listeners = this.#channels.get(channel) ?? new Set()
    this.#channels.set(channel, listeners)
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.#channels.get(channel) === listeners) this.#channels.delete(channel)
      if (this.#channels.size === 0) this.close()
    }
  }

  close (): void {
    this.#stop?.()
    this.#stop = undefined
    this.#channels.clear()
  }
}
