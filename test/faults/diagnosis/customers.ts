import { parentPort, workerData } from 'node:worker_threads'
import type { Demand } from './messages.ts'

// A thread of customers: they come by chance, whatever becomes of the others, to one instance after the other; and perhaps
// one program with a key that knows no limit.

const CART = JSON.stringify({ lines: [{ id: 7, quantity: 2 }] })
const MOST_WAITING = 400
const TICK_MS = 20

/** Requests a second. */
const ROUTES: ReadonlyArray<readonly [rate: number, path: () => string, body?: string]> = [
  [12, () => '/products'],
  [8, () => `/products/${Math.floor(Math.random() * 8000)}`],
  [4, () => '/search?q=brass%20lamp'],
  [3, () => '/checkout', CART],
  [2, () => `/recommendations/${Math.floor(Math.random() * 400)}`]
]

const urls: readonly string[] = workerData
let demand: Demand = { abuse: 0 }
let waiting = 0
let turn = 0
parentPort?.on('message', (next: Demand) => { demand = next })

setInterval(() => {
  for (const [rate, path, body] of ROUTES) for (let left = arrivals(rate); left > 0; left--) send(path(), body, {})
  for (let left = arrivals(demand.abuse); left > 0; left--) send('/products', undefined, { 'x-api-key': 'the-abuser' })
}, TICK_MS)

/** Poisson, in one tick. */
function arrivals (rate: number): number {
  let left = Math.random() - Math.exp(-rate * TICK_MS / 1000)
  let term = Math.exp(-rate * TICK_MS / 1000)
  let count = 0
  while (left > 0 && count < 20) {
    count++
    term *= rate * TICK_MS / 1000 / count
    left -= term
  }
  return count
}

function send (path: string, body: string | undefined, headers: Readonly<Record<string, string>>): void {
  if (waiting >= MOST_WAITING) return
  waiting++
  const url = urls[turn++ % urls.length]! + path
  const request = body === undefined ? { headers } : { method: 'POST', body, headers: { ...headers, 'content-type': 'application/json' } }
  fetch(url, { ...request, signal: AbortSignal.timeout(20_000) }).then(async (response) => await response.arrayBuffer()).catch(() => {}).finally(() => { waiting-- })
}
