import { Agent, get } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { LatencyHistogram, LatencyWindow } from '@plimsoll/core'
import type { Buckets } from '@plimsoll/core'
import type { Instance } from './instance.ts'

/** Asks one instance for one thing after the other, and logs what was answered. */
export class Generator {
  /** Milliseconds that were recorded, in the order of the requests. */
  readonly log: number[] = []
  failed = 0
  /** Requests that were sent and of which nobody knows. */
  unanswered = 0
  readonly #instance: Instance
  readonly #random: () => number
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  readonly #stopping = new AbortController()
  readonly #running: Promise<void>

  constructor (instance: Instance, random: () => number) {
    this.#instance = instance
    this.#random = random
    this.#running = this.#run()
  }

  /** Resolves when the last request is answered. */
  async stop (): Promise<void> {
    this.#stopping.abort()
    await this.#running
    this.#agent.destroy()
  }

  async #run (): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      // Whole microseconds from 1 µs to about a minute.
      const ms = Math.ceil(Math.exp(this.#random() * 18)) / 1000
      const status = await this.#request(`/record/${this.#instance.id}/${ms}`)
      if (status === 200) this.log.push(ms)
      else if (status === undefined) this.unanswered += 1
      else this.failed += 1
      await delay(5)
    }
  }

  async #request (path: string): Promise<number | undefined> {
    const { promise, resolve } = Promise.withResolvers<number | undefined>()
    get({ host: '127.0.0.1', port: this.#instance.port, path, agent: this.#agent }, (response) => {
      response.resume()
      response.on('end', () => { resolve(response.statusCode) })
      response.on('error', () => { resolve(undefined) })
    }).on('error', () => { resolve(undefined) })
    return await promise
  }
}

/** The histogram of what a log says. */
export function bucketsOf (log: readonly number[]): Buckets {
  const histogram = new LatencyHistogram()
  for (const ms of log) histogram.record(ms)
  return new LatencyWindow(histogram).next().buckets
}
