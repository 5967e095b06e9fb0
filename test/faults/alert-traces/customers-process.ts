// The customers of all shops: one process, so that a shop costs little and nothing that stops one stops its customers.
import { Agent, request } from 'node:http'
import { Random } from '@plimsoll/core/testing'
import { PoissonArrivals } from '../../../tools/load/arrivals.ts'
import type { TrafficClass } from '../../../tools/load/index.ts'
import { weightedChoice } from '../../../tools/load/random.ts'
import type { CustomersMessage } from './messages.ts'
import { ANY_PRODUCT, MIXES } from './mixes.ts'
import type { Stream } from './plan.ts'

const PRODUCTS = 400
/** Nobody waits longer. */
const PATIENCE_MS = 10_000

const agent = new Agent({ keepAlive: true })

/** Customers of one shop. */
class Customers {
  port: number
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #began = performance.now()

  constructor (port: number, seed: number, streams: readonly Stream[]) {
    this.port = port
    const random = new Random(seed)
    for (const stream of streams) this.#come(stream, random.fork())
  }

  leave (): void { for (const timer of this.#timers) clearTimeout(timer) }

  #come ({ mix, phases }: Stream, random: Random): void {
    const arrivals = new PoissonArrivals(phases, random.next)
    const classes = MIXES[mix]
    const choose = weightedChoice(classes.map(({ weight }) => weight), random.next)
    const next = (): void => {
      if (arrivals.atMs === Infinity) return
      const timer = setTimeout(() => {
        this.#timers.delete(timer)
        // Who should have come while this process was late comes now.
        for (; arrivals.atMs <= performance.now() - this.#began; arrivals.advance()) this.#ask(classes[choose()], random)
        next()
      }, Math.max(0, arrivals.atMs - (performance.now() - this.#began)))
      this.#timers.add(timer)
    }
    next()
  }

  #ask (asked: TrafficClass | undefined, random: Random): void {
    if (asked === undefined) return
    const { method = 'GET', path, headers, body } = asked
    const product = Math.floor(random.next() * PRODUCTS)
    const sent = request({ agent, host: '127.0.0.1', port: this.port, method, path: path.replace(ANY_PRODUCT, String(product)), ...(headers && { headers }), timeout: PATIENCE_MS }, response => response.resume())
    sent.on('timeout', () => { sent.destroy() })
    sent.on('error', () => {})
    sent.end(body)
  }
}

const shops = new Map<string, Customers>()

process.on('message', (message: CustomersMessage) => {
  const { type, name } = message
  const present = shops.get(name)
  if (type === 'open') shops.set(name, new Customers(message.port, message.seed, message.streams))
  else if (type === 'moved' && present !== undefined) present.port = message.port
  else if (type === 'closed') {
    present?.leave()
    shops.delete(name)
  }
})
process.on('disconnect', () => process.exit())
process.on('SIGINT', () => {})
