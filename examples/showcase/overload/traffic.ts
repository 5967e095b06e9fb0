import { startGenerator, tallyOf, type GeneratorOptions, type TrafficClass } from '../../../tools/load/index.ts'
import type { Shop } from './shop.ts'

/** What the shop's customers do; `checkout` is what the shop lives on. */
const classes: readonly TrafficClass[] = [
  {
    name: 'checkout',
    weight: 5,
    method: 'POST',
    path: '/checkout',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ lines: [{ id: 7, quantity: 2 }, { id: 1234, quantity: 1 }] })
  },
  { name: 'browse', weight: 40, path: '/products?page=3' },
  { name: 'search', weight: 30, path: '/search?q=bras%20captin%20lmap' },
  { name: 'recommendations', weight: 25, path: '/recommendations/77' }
]

export const CRITICAL = 'checkout'
export const SCRAPER = 'scraper'

/** A program that copies the catalogue, as fast as it can. */
const scraper: TrafficClass = { name: SCRAPER, weight: 20, path: '/products?page=1', headers: { 'x-api-key': 'scraper' } }

/** An answer later than this is worth nothing to a customer of this demonstration. */
export const DEADLINE_MS = 500

/** Answers a second that the bare shop gives when it has just enough to do. */
export async function measureCapacity (shop: Shop, seconds: number, cpu: number): Promise<number> {
  const { done } = startGenerator({ loop: 'closed', port: shop.port, classes, connections: 16, seconds, warmupSeconds: seconds / 6, deadlineMs: DEADLINE_MS }, cpu)
  return tallyOf(await done).ok / (seconds * 5 / 6)
}

export interface Step {
  readonly name: string
  /** Offered load over capacity. */
  readonly factor: number
  readonly seconds: number
}

const steps: readonly Step[] = [
  { name: '0.5x', factor: 0.5, seconds: 8 },
  { name: '1x', factor: 1, seconds: 8 },
  { name: '2x', factor: 2, seconds: 10 },
  { name: '4x', factor: 4, seconds: 10 },
  { name: '10x', factor: 10, seconds: 16 },
  { name: '0.5x again', factor: 0.5, seconds: 12 }
]

/** The ramp, every step `scale` times as long as usual. */
export function stepsOf (scale: number): Step[] {
  return steps.map(step => ({ ...step, seconds: step.seconds * scale }))
}

export function ramp (shop: Shop, capacity: number, steps: readonly Step[], scraped: boolean): GeneratorOptions {
  return {
    loop: 'open',
    mode: 'warm',
    connections: 1000,
    port: shop.port,
    classes: scraped ? [...classes, scraper] : classes,
    deadlineMs: DEADLINE_MS,
    statsEveryMs: 1000,
    phases: steps.map(({ name, factor, seconds }) => ({ name, seconds, rate: factor * capacity }))
  }
}
