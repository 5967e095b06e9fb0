import { execFileSync } from 'node:child_process'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { setImmediate as immediate } from 'node:timers'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ensureCore, OUTCOME_CLASSES } from '@plimsoll/core'
import type { Core } from '@plimsoll/core'
import { seededRandom } from '@plimsoll/core/testing'
import monitor from '@plimsoll/monitor'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { Registry } from 'prom-client'
import t from 'tap'
import { findService, skipWithout, startPrometheus } from '../../../tools/services.ts'

const ROUTES = 500

async function textOf (core: Core): Promise<string> {
  let text = ''
  for await (const piece of core.metrics.render()) text += piece
  return text
}

/** 500 routes in which something has ended in five classes. */
async function busyService (): Promise<{ readonly app: FastifyInstance, readonly core: Core }> {
  const app = Fastify()
  app.register(monitor)
  for (let i = 0; i < ROUTES; i++) app.get(`/route/${i}`, async () => 'x')
  await app.ready()
  const core = ensureCore(app)
  const { slots, traffic } = app.monitor.requests
  const random = seededRandom(1)
  for (const route of core.routes.records.filter(({ methods }) => methods.includes('GET'))) {
    for (let outcome = 0; outcome < 5; outcome++) traffic.record(slots.slotOf(route, 'GET'), outcome, random() * 1000, 10, 100)
  }
  return { app, core }
}

t.test('promtool finds nothing to say of 500 routes in five classes, and the figures add up', async (t) => {
  if (await skipWithout(t, 'promtool')) return
  const { app, core } = await busyService()
  t.teardown(() => app.close())
  const text = await textOf(core)
  t.equal(execFileSync(await findService('promtool'), ['check', 'metrics'], { input: text, stdio: ['pipe', 'pipe', 'pipe'] }).toString(), '')
  t.equal(text.match(/^plimsoll_monitor_requests_total\{/gm)?.length, ROUTES * 5)
  t.equal(text.match(/^plimsoll_monitor_request_duration_seconds_bucket\{[^}]*le="\+Inf"\} 1$/gm)?.length, ROUTES * 5)
})

t.test('a scrape gives the loop turns, and no series is torn by what is recorded in between', async (t) => {
  const { app, core } = await busyService()
  t.teardown(() => app.close())
  const { traffic, slots } = app.monitor.requests
  let turns = 0
  let rendering = true
  const record = (): void => {
    turns++
    for (let slot = 2; slot < slots.size; slot++) traffic.record(slot, turns % 5, turns, 0, 0)
    if (rendering) immediate(record)
  }
  immediate(record)
  const text = await textOf(core)
  rendering = false
  t.ok(turns > 3, `${turns} turns of the loop`)
  const series = new Map<string, { infinite?: number, count?: number, sum?: number }>()
  for (const [, labels = '', le, value] of text.matchAll(/^plimsoll_monitor_request_duration_seconds_bucket\{(.*),le="([^"]*)"\} (\d+)$/gm)) {
    const one = series.get(labels) ?? {}
    if (le === '+Inf') one.infinite = Number(value)
    series.set(labels, one)
  }
  for (const [, labels = '', value] of text.matchAll(/^plimsoll_monitor_request_duration_seconds_count\{(.*)\} (\d+)$/gm)) series.get(labels)!.count = Number(value)
  t.equal(series.size, ROUTES * 5)
  t.strictSame([...series.values()].filter(({ infinite, count }) => infinite !== count), [])
})

t.test('a million random URLs make not one series more, and their memory stays', async (t) => {
  const app = Fastify()
  app.register(monitor)
  app.get('/items/:id', async () => 'x')
  t.teardown(() => app.close())
  const core = ensureCore(app)
  await app.inject('/items/1')
  await app.inject('/nowhere')
  const { slots, traffic } = app.monitor.requests
  const series = (text: string): number => text.match(/^plimsoll_monitor_/gm)?.length ?? 0
  const before = series(await textOf(core))
  const [record] = core.routes.records
  const random = seededRandom(2)
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  const forget = async (): Promise<number> => {
    // What inject() has made it lets go of after some turns of the loop.
    for (let turn = 0; turn < 10; turn++) await setImmediate()
    if (typeof collect === 'function') collect()
    return process.memoryUsage().heapUsed
  }
  // What a request leaves behind: through the router for each, through Fastify for every ten thousandth: inject() keeps 10 kB of each for a while.
  const flood = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const url = `/${random().toString(36)}/${i}`
      if (i % 10_000 === 0) await app.inject(i % 20_000 === 0 ? url : `/items${url.slice(0, 8)}`)
      const found = i % 3 === 0
      traffic.record(slots.slotOf(found ? record : undefined, 'GET'), found ? 0 : 2, random(), 0, 0)
    }
  }
  // Compiled code and caches of the loop are no one's URL.
  await flood(100_000)
  const heap = await forget()
  await flood(1_000_000)
  t.equal(series(await textOf(core)), before)
  t.equal(slots.size, 3 + Number(core.routes.records.length > 2))
  const grown = await forget() - heap
  t.ok(grown < 5_000_000, `${grown} bytes`)
})

t.test('a real Prometheus scrapes it, and says what the monitor says', async (t) => {
  if (await skipWithout(t, 'prometheus')) return
  const app = Fastify()
  app.register(monitor)
  app.get('/items/:id', async () => 'x')
  app.get('/metrics', async (_request, reply) => await reply.type('text/plain; version=0.0.4').send(await textOf(app.plimsoll)))
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  for (let i = 0; i < 30; i++) await app.inject(`/items/${i}`)
  const prometheus = await startPrometheus({ targets: [app.listeningOrigin.replace('http://', '')] })
  t.teardown(() => prometheus.stop())
  const query = async (expression: string): Promise<string | undefined> => {
    for (const end = performance.now() + 60_000; performance.now() < end; await setTimeout(100)) {
      const [sample] = await prometheus.query(expression)
      if (sample !== undefined) return sample.value[1]
    }
    return undefined
  }
  t.equal(await query('plimsoll_monitor_requests_total{route="/items/:id",class="2xx"}'), '30')
  t.equal(await query('plimsoll_monitor_request_duration_seconds_count{route="/items/:id",class="2xx"}'), '30')
  t.ok(Number(await query('histogram_quantile(0.99, sum by (le) (plimsoll_monitor_request_duration_seconds_bucket{route="/items/:id"}))')) < 1)
})

t.test('they go to the application\'s own registry as well', async (t) => {
  const registry = new Registry()
  const { app, core } = await busyService()
  t.teardown(() => app.close())
  core.metrics.bindTo(registry)
  const text = await registry.metrics()
  t.match(text, `plimsoll_monitor_requests_total{method="GET",route="/route/7",class="${OUTCOME_CLASSES[1]}"} 1`)
})
