import { ensureCore } from '@plimsoll/core'
import fastify from 'fastify'
import { Histogram, Registry } from 'prom-client'
import { seededRandom } from '@plimsoll/core/testing'
import monitor from '@plimsoll/monitor'
import { progress } from '../overload/progress.ts'
import { judge, ms, spread } from '../overload/row.ts'
import type { Row } from '../overload/row.ts'
import { median, summarize } from '../overload/statistics.ts'

const ROUTES = 500
const CLASSES = 5
const MOST_MS = 5

/** How long a scrape of 500 routes in five classes holds the loop at a time, beside prom-client's of as many series. */
export async function scrapeRows (rounds: number): Promise<Row[]> {
  const app = fastify()
  app.register(monitor)
  for (let i = 0; i < ROUTES; i++) app.get(`/route/${i}`, () => 'x')
  await app.ready()
  const core = ensureCore(app)
  const { slots, traffic } = app.monitor.requests
  const registry = new Registry()
  const histogram = new Histogram({ name: 'http_request_duration_seconds', help: 'Duration', labelNames: ['method', 'route', 'class'], buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10], registers: [registry] })
  const random = seededRandom(3)
  for (const route of core.routes.records.filter(({ methods }) => methods.includes('GET'))) {
    for (let outcome = 0; outcome < CLASSES; outcome++) {
      for (let i = 0; i < 20; i++) {
        const duration = random() * 1000
        traffic.record(slots.slotOf(route, 'GET'), outcome, duration, 10, 100)
        histogram.observe({ method: 'GET', route: route.url, class: `${outcome}` }, duration / 1000)
      }
    }
  }
  const own: number[] = []
  const peer: number[] = []
  const nothing: number[] = []
  let first = NaN
  let length = 0
  for (let round = 0; round < rounds; round++) {
    progress(`scrape ${round + 1} of ${rounds}`)
    const longest = await longestTurn(async () => {
      length = 0
      for await (const piece of core.metrics.render()) length += piece.length
    })
    if (round === 0) first = longest
    else own.push(longest)
    nothing.push(await longestTurn(async () => { await new Promise((resolve) => { setTimeout(resolve, 50) }) }))
  }
  // Not in between: what it leaves to the collector would be collected in ours.
  for (let round = 0; round < rounds; round++) peer.push(await longestTurn(async () => { await registry.metrics() }))
  await app.close()
  return [{
    section: 'scrape',
    what: `longest turn of the loop in a scrape of ${ROUTES} routes × ${CLASSES} classes (${(length / 1e6).toFixed(1)} MB)`,
    figure: spread(summarize(own), ms),
    peers: { 'prom-client, one histogram of as many series': spread(summarize(peer), ms) },
    target: `<= ${ms(MOST_MS)}`,
    noise: `${spread(summarize(nothing), ms)} of a loop that only turns`,
    verdict: judge(median(own), { atMost: MOST_MS }, median(nothing)),
    note: `the first scrape of the process, in code that is not compiled yet: ${ms(first)}`,
    values: { own, peer, first }
  }]
}

/** Longest wait of a loop that does nothing but turn, beside some work. */
async function longestTurn (work: () => Promise<void>): Promise<number> {
  let longest = 0
  let last = performance.now()
  let done = false
  const turn = (): void => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
    if (!done) setImmediate(turn)
  }
  setImmediate(turn)
  await work()
  done = true
  await new Promise((resolve) => { setImmediate(resolve) })
  return longest
}
