import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { performance, PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import Fastify from 'fastify'
import { seededRandom } from '@plimsoll/core/testing'
import type { FromServer, ServerConfig, ToServer, Usage } from './server-messages.ts'
import { protectionOf, routeConfig } from './variants.ts'
import { perform, workNamed } from './work.ts'

// The measured server: one process, one variant, one kind of work.

const config: ServerConfig = JSON.parse(process.argv[2] ?? '')
const held = new Set<() => void>()
let collections = 0
if (config.countCollections === true) new PerformanceObserver(list => { collections += list.getEntries().length }).observe({ entryTypes: ['gc'] })

tell({ type: 'listening', port: config.variant.name === 'refuse-all' ? await refuseAll() : await serve() })

process.on('message', async (message: ToServer) => {
  switch (message.type) {
    case 'usage': tell({ type: 'usage', usage: usage() }); break
    case 'memory': tell({ type: 'usage', usage: { ...usage(), liveBytes: await liveBytes() } }); break
    case 'block': block(message.ms); break
    case 'release':
      for (const release of held) release()
      held.clear()
      break
  }
})
process.on('disconnect', () => process.exit())
process.on('SIGINT', () => {})

async function serve (): Promise<number> {
  const protect = await protectionOf(config.variant)
  const app = Fastify()
  await protect(app)

  const nextWork = workNamed(config.work, seededRandom(7))
  for (const routeClass of ['critical', 'normal', 'low']) {
    app.get(`/${routeClass}`, { config: routeConfig(config.variant, routeClass) }, async () => {
      await perform(nextWork(), config.roundsPerMs)
      return { served: routeClass }
    })
  }
  app.get('/readyz', { config: routeConfig(config.variant, 'system') }, async () => ({ ready: true }))
  app.get('/hold', async () => {
    await new Promise<void>(resolve => { held.add(resolve) })
    return { held: true }
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}

async function refuseAll (): Promise<number> {
  const body = JSON.stringify({ statusCode: 503, error: 'Service Unavailable' })
  const server = createServer((_req, res) => {
    res.writeHead(503, { 'content-type': 'application/json', 'content-length': body.length, 'retry-after': '1' })
    res.end(body)
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  return (server.address() as AddressInfo).port
}

function usage (): Usage {
  const { user, system } = process.cpuUsage()
  return { cpuMs: (user + system) / 1000, held: held.size, heapUsedBytes: process.memoryUsage().heapUsed, collections }
}

/** Finalizers and weak references need a turn of the loop between collections. */
async function liveBytes (): Promise<number> {
  for (let collection = 0; collection < 5; collection++) {
    globalThis.gc?.()
    await turn()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function block (ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

function tell (message: FromServer): void {
  process.send?.(message)
}
