import { EventEmitter } from 'node:events'
import { catalogue } from './catalogue.ts'

/** One timer for all viewers, which runs only while somebody watches. */
export class StockTicker {
  readonly #events = new EventEmitter<{ tick: [string] }>().setMaxListeners(0)
  #timer: NodeJS.Timeout | undefined
  #ticks = 0

  /** Calls `send` with a server-sent event each second, until the returned function is called. */
  watch (send: (event: string) => void): () => void {
    this.#events.on('tick', send)
    this.#timer ??= setInterval(() => this.#tick(), 1000).unref()
    return () => {
      this.#events.off('tick', send)
      if (this.#events.listenerCount('tick') === 0) this.#stop()
    }
  }

  #tick (): void {
    const product = catalogue[(this.#ticks++ * 97) % catalogue.length]
    this.#events.emit('tick', `event: stock\ndata: ${JSON.stringify({ id: product?.id, inStock: this.#ticks % 40 })}\n\n`)
  }

  #stop (): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
