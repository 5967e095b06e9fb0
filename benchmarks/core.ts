import { createServer, type RequestListener, type Server } from 'node:http'
import { writeFileSync } from 'node:fs'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { ensureCore, refuse, RequestScopes, systemClock, type Refusal } from '@plimsoll/core'
import fastify from 'fastify'
import { startGenerator, tallyOf } from '../tools/load/index.ts'
import { progress } from './overload/progress.ts'
import { judge, percent, ratio, spread, type Row } from './overload/row.ts'
import { median, summarize } from './overload/statistics.ts'
import { printRows, summaryLine } from './overload/table.ts'

// npm run bench -- core: what core does before routing: finding the class of a request, and refusing one.

const REFUSAL_TARGET = 1.15
const ROUTES = 300
const LOOKUPS = 300_000

const { values: options } = parseArgs({ options: { rounds: { type: 'string' }, quick: { type: 'boolean', default: false }, json: { type: 'string' } } })
const rounds = Number(options.rounds ?? (options.quick ? 3 : 12))
const started = performance.now()
const rows = [...await refusalRows(rounds), ...await classRows()]
progress('')
printRows('core', rows)
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(rows, undefined, 1))
console.log(`\n${summaryLine('core', rows, (performance.now() - started) / 1000)}`)

/** CPU of an answer by refuse() over that of an empty 503 of node:http; ABBA in each round, a second empty one as null. */
async function refusalRows (rounds: number): Promise<Row[]> {
  const scopes = new RequestScopes({ clock: systemClock })
  const refusal: Refusal = { by: 'load-shedder', reason: 'queue-full', status: 503, retryAfter: () => 3 }
  const empty: RequestListener = (_req, res) => { res.statusCode = 503; res.end() }
  const servers = {
    empty: await serve(empty),
    refuse: await serve((req, res) => refuse(scopes.of(req, res), refusal)),
    again: await serve((_req, res) => { res.statusCode = 503; res.end() })
  }
  const ratios: number[] = []
  const nulls: number[] = []
  for (let round = 0; round < rounds; round++) {
    progress(`refusals: round ${round + 1} of ${rounds}`)
    const cost = { empty: 0, refuse: 0, again: 0 }
    for (const name of ['empty', 'refuse', 'again', 'again', 'refuse', 'empty'] as const) cost[name] += await cpuOfAnAnswer(servers[name])
    ratios.push(cost.refuse / cost.empty)
    nulls.push(cost.again / cost.empty)
  }
  for (const server of Object.values(servers)) server.close()
  const noise = median(nulls.map(each => Math.abs(each - 1)))
  return [{
    section: 'core',
    what: 'CPU of a refusal / of an empty node:http 503',
    figure: spread(summarize(ratios), ratio),
    peers: { 'empty again': spread(summarize(nulls), ratio) },
    target: `<= ${ratio(REFUSAL_TARGET)}`,
    noise: percent(noise),
    verdict: judge(median(ratios), { atMost: REFUSAL_TARGET }, noise),
    values: { ratios, nulls }
  }]
}

async function serve (listener: RequestListener): Promise<Server> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function cpuOfAnAnswer (server: Server): Promise<number> {
  const { port } = server.address() as AddressInfo
  const { ready, done } = startGenerator({
    loop: 'closed', port, connections: 16, seconds: 0.6, statsEveryMs: 60_000, classes: [{ name: 'any', weight: 1, path: '/x' }]
  })
  await ready
  const before = process.cpuUsage()
  const report = await done
  const { user, system } = process.cpuUsage(before)
  return (user + system) / tallyOf(report).refused
}

async function classRows (): Promise<Row[]> {
  const app = fastify()
  const core = ensureCore(app)
  for (let route = 0; route < ROUTES; route++) app.get(`/shelf${route % 30}/item${route}/:id`, { config: { priority: 'high' } }, () => '')
  const seen: Record<string, number> = {}
  app.addHook('onRequest', async ({ raw }, reply) => {
    const scope = core.scopeOf(raw, reply.raw)
    for (let warm = 0; warm < LOOKUPS; warm++) core.priorities.classify(scope)
    const before = performance.now()
    for (let lookup = 0; lookup < LOOKUPS; lookup++) core.priorities.classify(scope)
    seen[raw.url ?? ''] = (performance.now() - before) * 1e6 / LOOKUPS
  })
  await app.inject('/shelf7/item127/42?x=1')
  await app.inject('/nowhere')
  await app.close()
  return Object.entries(seen).map(([url, ns]): Row => ({
    section: 'core', what: `class of ${url}, ${ROUTES} routes`, figure: `${ns.toFixed(0)} ns`, peers: {}, target: '', noise: '', verdict: 'shown', values: { ns }
  }))
}
