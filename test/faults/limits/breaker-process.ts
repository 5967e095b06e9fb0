import { performance } from 'node:perf_hooks'
import Fastify from 'fastify'
import circuitBreaker from '@plimsoll/circuit-breaker'
import redisCoordinator from '@plimsoll/redis-coordinator'
import type { BreakerConfig, FromBreaker, ToBreaker } from './messages.ts'

// One instance with a circuit for each round, told when its calls fail.

const config: BreakerConfig = JSON.parse(process.argv[2] ?? '')
const PING = 'faults-ping'
const app = Fastify()
app.register(redisCoordinator, { url: config.redis, namespace: config.namespace, firstUse: true })
app.register(circuitBreaker, { cluster: config.policy, minimumNumberOfCalls: 5, waitDurationInOpenState: 60_000 })
await app.ready()
const { circuitBreakers: breakers } = app
const { coordinator } = app.plimsoll
const opened: Record<string, number> = {}
const pings = new Map<string, number>()
let roundTripMs = 0
breakers.on('stateChange', ({ breaker, to }) => { if (to === 'open') opened[breaker.name] = now() })
coordinator.broadcasts.receive(PING, bytes => {
  const sentAt = pings.get(Buffer.from(bytes).toString())
  if (sentAt !== undefined) roundTripMs = now() - sentAt
})
tell({ type: 'ready' })

process.on('message', async (message: ToBreaker) => {
  switch (message.type) {
    case 'call': {
      // Each instance has seen the upstream well, or not at all, before somebody says that it is not.
      let failed = 0
      const begun = now()
      for (let i = 0; i < message.calls; i++) {
        await breakers.get(message.circuit).execute(async () => { if (message.fails) throw new Error('upstream') }).catch(() => { failed++ })
      }
      tell({ type: 'called', failed, ms: now() - begun })
      break
    }
    case 'ping': {
      const id = `${coordinator.incarnation} ${message.id}`
      pings.set(id, now())
      await coordinator.broadcasts.send(PING, Buffer.from(id))
      break
    }
    case 'look':
      tell({ type: 'circuits', opened: { ...opened }, roundTripMs, mode: coordinator.mode, instances: coordinator.knownInstances })
      break
    case 'close':
      await app.close()
      process.exit()
  }
})
process.on('disconnect', () => process.exit())

/** The same for all processes of this machine. */
function now (): number { return performance.timeOrigin + performance.now() }

function tell (message: FromBreaker): void { process.send?.(message) }
