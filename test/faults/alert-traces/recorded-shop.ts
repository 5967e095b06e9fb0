import { Worker } from 'node:worker_threads'
import type { AddressInfo } from 'node:net'
import type { Frame } from '@plimsoll/core'
import type { FastifyInstance } from 'fastify'
import { PaymentProvider } from '../../../examples/showcase/payment/payment-provider.ts'
import type { Switches } from '../../../examples/showcase/payment/switches.ts'
import { buildShop } from '../../../examples/showcase/shop/index.ts'

const CUSTOMERS = new URL('../../../examples/showcase/fault/customers.ts', import.meta.url)
const ORDER_EVERY_MS = 250

export interface Recorded {
  /** From the first on: `clock` begins with the recording. */
  readonly frames: readonly Frame[]
  /** Seconds from the beginning. */
  readonly fault: { readonly from: number, readonly until: number } | undefined
}

/** The showcase's shop with all that watches it, its frames being written down. */
export class RecordedShop {
  readonly app: FastifyInstance
  readonly #provider: PaymentProvider | undefined
  readonly #frames: Frame[] = []
  readonly #workers: Worker[] = []
  #orders: NodeJS.Timeout | undefined
  #from = Infinity
  #until = Infinity

  private constructor (app: FastifyInstance, provider: PaymentProvider | undefined) {
    this.app = app
    this.#provider = provider
  }

  /** @param sells its payments are taken by a provider in a process of its own */
  static async build ({ sells = true }: { readonly sells?: boolean } = {}): Promise<RecordedShop> {
    const provider = sells ? await PaymentProvider.start() : undefined
    return new RecordedShop(buildShop({ ...(provider && { paymentUrl: provider.url }), watch: { service: 'chandlery', log: false } }), provider)
  }

  get port (): number { return (this.app.server.address() as AddressInfo).port }

  async open (): Promise<void> {
    await this.app.listen({ host: '127.0.0.1', port: 0 })
    this.app.plimsoll.frames.subscribe(frame => { this.#frames.push(frame) })
  }

  /** Forty requests a second more. */
  async customers (): Promise<void> {
    this.#workers.push(new Worker(CUSTOMERS, { workerData: `http://127.0.0.1:${this.port}` }))
  }

  /** Four orders a second. */
  async buyers (): Promise<void> {
    const body = JSON.stringify({ lines: [{ id: 7, quantity: 2 }] })
    this.#orders = setInterval(() => {
      fetch(`http://127.0.0.1:${this.port}/checkout`, { method: 'POST', headers: { 'content-type': 'application/json' }, body }).then(async response => await response.arrayBuffer(), () => {})
    }, ORDER_EVERY_MS)
  }

  payments (switches: Partial<Switches>): void {
    if (this.#provider !== undefined) fetch(`${this.#provider.url}/switches`, { method: 'PUT', body: JSON.stringify(switches) }).catch(() => {})
  }

  faultBegins (): void { this.#from = this.#elapsed() }

  faultEnds (): void { this.#until = this.#elapsed() }

  async close (): Promise<Recorded> {
    clearInterval(this.#orders)
    for (const worker of this.#workers) await worker.terminate()
    const frames = [...this.#frames]
    await this.app.close()
    await this.#provider?.stop()
    return { frames, fault: this.#from === Infinity ? undefined : { from: this.#from, until: this.#until } }
  }

  /** Seconds of frames until now. */
  #elapsed (): number {
    return Math.round(this.#frames.reduce((sum, { window }) => sum + window, 0) / 1000)
  }
}
