import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Switch } from './disturb.ts'

const USUAL_MS = 10
const PATIENCE_MS = 2000

/** Connections to the shop's stock, which each visit of a product borrows; a component of kind `pool`, as a database's has. */
export class LentPool implements Switch {
  readonly #max: number
  readonly #longMs: number
  readonly #waiting: Array<() => void> = []
  #heldMs = USUAL_MS
  #inUse = 0

  constructor (app: FastifyInstance, max: number, longMs: number) {
    this.#max = max
    this.#longMs = longMs
    app.addHook('preHandler', async ({ routeOptions }) => { if (routeOptions.url === '/products/:id') await this.#borrow() })
    app.addHook('onReady', async () => {
      app.plimsoll.components.register({
        kind: 'pool',
        name: 'stock',
        health: () => ({ status: 'ok' }),
        snapshot: () => ({ size: this.#max, max: this.#max, inUse: this.#inUse, waiting: this.#waiting.length })
      })
    })
  }

  begin (): void { this.#heldMs = this.#longMs }

  end (): void { this.#heldMs = USUAL_MS }

  /** Until the connection is given back. @throws when there is none for two seconds */
  async #borrow (): Promise<void> {
    if (this.#inUse >= this.#max) await this.#turn()
    else this.#inUse++
    await delay(this.#heldMs)
    const next = this.#waiting.shift()
    if (next === undefined) this.#inUse--
    else next()
  }

  /** A connection that is handed on stays lent. */
  async #turn (): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const given = (): void => {
      clearTimeout(impatient)
      resolve()
    }
    const impatient = setTimeout(() => {
      this.#waiting.splice(this.#waiting.indexOf(given), 1)
      reject(new Error('no connection to the stock was free'))
    }, PATIENCE_MS)
    this.#waiting.push(given)
    await promise
  }
}
