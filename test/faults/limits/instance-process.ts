import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import Fastify from 'fastify'
import rateLimiter from '@plimsoll/rate-limiter'
import redisCoordinator from '@plimsoll/redis-coordinator'
import type { FromInstance, InstanceConfig, ToInstance } from './messages.ts'

// One instance of the service: limits by the header `client`, and counts what its handler receives.

const config: InstanceConfig = JSON.parse(process.argv[2] ?? '')
const app = Fastify()
app.register(redisCoordinator, { url: config.redis, namespace: config.namespace, firstUse: true })
app.register(rateLimiter, { limit: config.limit, windowMs: config.windowMs, key: { header: 'client' }, cluster: config.flaw !== 'alone' })
const received: Record<string, number> = {}
// How the control waits for what no request may wait for.
app.addHook('onRequest', async () => { if (config.flaw === 'waits') await app.plimsoll.coordinator.instances() })
app.get('/', async request => {
  const client = String(request.headers['client'])
  received[client] = (received[client] ?? 0) + 1
  return 'served'
})
await app.listen({ host: '127.0.0.1', port: 0 })
const address = app.server.address() as AddressInfo
tell({ type: 'listening', port: address.port })

process.on('message', async (message: ToInstance) => {
  if (message.type === 'look') {
    const { mode, knownInstances, link } = app.plimsoll.coordinator
    tell({ type: 'seen', received: { ...received }, mode, instances: knownInstances, commands: link.commands, at: performance.timeOrigin + performance.now() })
  } else {
    await app.close()
    process.exit()
  }
})
process.on('disconnect', () => process.exit())

function tell (message: FromInstance): void { process.send?.(message) }
