import { setTimeout as delay } from 'node:timers/promises'
import { Agent, request } from 'undici'

export interface Answer {
  readonly client: string
  /** When it was sent, and when the answer was there: milliseconds of the monotonic clock. */
  readonly sentAt: number
  readonly ms: number
  /** 0: the call failed. */
  readonly status: number
}

export interface Client {
  readonly name: string
  /** Mean requests a second, over all instances. */
  readonly rate: number
}

/** Clients that send at their own pace to one instance after the other, whatever the answers. */
export class Traffic {
  readonly answers: Answer[] = []
  readonly #agent: Agent = new Agent({ connections: 20 })
  readonly #ports: readonly number[]
  readonly #random: () => number
  readonly #open: Set<Promise<void>> = new Set()
  #stopped = false
  #sent = 0
  readonly #running: Promise<unknown>

  constructor (ports: readonly number[], clients: readonly Client[], random: () => number) {
    this.#ports = ports
    this.#random = random
    this.#running = Promise.all(clients.map(client => this.#run(client)))
  }

  async stop (): Promise<void> {
    this.#stopped = true
    await this.#running
    await Promise.all(this.#open)
    await this.#agent.close()
  }

  async #run ({ name, rate }: Client): Promise<void> {
    // By the schedule: a timer that is late sends what has become due.
    let due = performance.now()
    while (!this.#stopped) {
      due += -Math.log(1 - this.#random()) * 1000 / rate
      const wait = due - performance.now()
      if (wait > 1) await delay(wait)
      const call = this.#call(name).finally(() => { this.#open.delete(call) })
      this.#open.add(call)
    }
  }

  async #call (client: string): Promise<void> {
    const port = this.#ports[this.#sent++ % this.#ports.length]!
    const sentAt = performance.now()
    let status = 0
    try {
      const { statusCode, body } = await request(`http://127.0.0.1:${port}/`, { dispatcher: this.#agent, headers: { client } })
      await body.dump()
      status = statusCode
    } catch {
      // Counted as failed.
    }
    this.answers.push({ client, sentAt, ms: performance.now() - sentAt, status })
  }
}
