import { readFields } from './netstring.ts'
import { Reply } from './reply.ts'
import type { Subscriptions } from './subscriptions.ts'

/**
 * Tells who waits that a queue may have something to claim. Each message has a version that every renewal tells too: what a
 * message told that was lost is made good by the next.
 */
export class ReadyFeed {
  readonly #subscriptions: Pick<Subscriptions, 'listen'>
  readonly #listeners = new Map<string, Set<() => void>>()
  /** Of the last message or renewal. */
  #version: number | undefined
  #stop: (() => void) | undefined

  constructor (subscriptions: Pick<Subscriptions, 'listen'>) { this.#subscriptions = subscriptions }

  listen (queue: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(queue) ?? new Set()
    listeners.add(listener)
    this.#listeners.set(queue, listeners)
    this.#stop ??= this.#subscriptions.listen('ready', (message) => { this.#receive(message) })
    return () => {
      if (!listeners.delete(listener)) return
      if (listeners.size === 0) this.#listeners.delete(queue)
      if (this.#listeners.size > 0) return
      this.#stop?.()
      this.#stop = undefined
      this.#version = undefined
    }
  }

  /** With each renewal. */
  told (version: number): void {
    if (version !== this.#version) this.#wakeAll()
    this.#version = version
  }

  #receive (message: Buffer): void {
    const heard = readyMessage(message)
    if (heard === undefined) return
    const missed = this.#version !== undefined && heard.version !== this.#version + 1
    this.#version = heard.version
    if (missed) this.#wakeAll()
    else this.#wake(this.#listeners.get(heard.queue))
  }

  #wakeAll (): void {
    for (const listeners of [...this.#listeners.values()]) this.#wake(listeners)
  }

  #wake (listeners: ReadonlySet<() => void> | undefined): void {
    for (const listener of [...(listeners ?? [])]) listener()
  }
}

/** A message of the script `queue`: version, name. `undefined` for what is none. */
function readyMessage (message: Buffer): { readonly version: number, readonly queue: string } | undefined {
  try {
    const fields = new Reply(readFields(message))
    return { version: fields.number(0), queue: fields.text(1) }
  } catch {
    return undefined
  }
}
