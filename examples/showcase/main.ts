import { parseArgs } from 'node:util'
import { FAULTS, showFault } from './fault/index.ts'
import type { FaultName } from './fault/faults.ts'
import { redisIsOnPath } from './instances/find-redis.ts'
import { MOST_INSTANCES, showInstances } from './instances/index.ts'
import { showOverload } from './overload/index.ts'
import type { Upstream } from './overload/index.ts'
import { serve } from './serve.ts'
import { UsageError } from './usage-error.ts'

const usage = `npm start [-- options]
  --port N      port of the shop (3000, or a free one where that is taken)
  --overload    the shop at ten times its capacity, with and without Plimsoll, side by side; ends by itself
  --upstream M  with --overload: checkout asks a payment provider, steady or flaky, and a scraper is among the clients
  --instances N N instances (3, say) that coordinate over a Redis of their own, while one is killed and Redis stops
  --fault F     latency, errors, leak, stall, slow-route or hot-loop: the shop gets it, an alert fires, and clears; ends by itself
  --scale S     how long --overload takes: 1 is about two and a half minutes; with --instances, how long the pauses are`

process.env['NODE_ENV'] ??= 'development'

try {
  await run()
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`${error.message}; --help shows the options`)
  process.exitCode = 2
}

async function run (): Promise<void> {
  const values = options()
  if (values.help) console.log(usage)
  // Whatever the demonstration still had under way ends with the process.
  else if (values.overload) process.exit(await showOverload(scaleOf(values.scale), upstreamOf(values.upstream)))
  else if (values.fault !== undefined) process.exitCode = await showFault(faultOf(values.fault))
  else if (values.instances !== undefined) await coordinate(countOf(values.instances), scaleOf(values.scale), values.port)
  else await serve(values.port)
}

function options () {
  try {
    return parseArgs({
      options: { port: { type: 'string' }, overload: { type: 'boolean', default: false }, upstream: { type: 'string' }, instances: { type: 'string' }, fault: { type: 'string' }, scale: { type: 'string', default: '1' }, help: { type: 'boolean', short: 'h', default: false } }
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

async function coordinate (count: number, scale: number, port: string | undefined): Promise<void> {
  if (redisIsOnPath()) return await showInstances(count, scale)
  console.log('There is no redis-server (or valkey-server) on PATH to coordinate over: this is one instance, on its own.')
  await serve(port)
}

function countOf (text: string): number {
  const count = Number(text)
  if (!(Number.isInteger(count) && count >= 2 && count <= MOST_INSTANCES)) throw new UsageError(`--instances takes a number from 2 to ${MOST_INSTANCES}, got "${text}"`)
  return count
}

function faultOf (text: string): FaultName {
  const fault = FAULTS.find(name => name === text)
  if (fault === undefined) throw new UsageError(`--fault takes one of ${FAULTS.join(', ')}, got "${text}"`)
  return fault
}

function upstreamOf (text: string | undefined): Upstream | undefined {
  if (text === undefined || text === 'steady' || text === 'flaky') return text
  throw new UsageError(`--upstream takes steady or flaky, got "${text}"`)
}

function scaleOf (text: string): number {
  const scale = Number(text)
  if (!(scale > 0 && scale <= 10)) throw new UsageError(`--scale takes a number above 0 and up to 10, got "${text}"`)
  return scale
}
