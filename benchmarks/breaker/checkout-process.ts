/** `checkout-process.ts <guard> <port of the upstream>`: a service of which one route in two asks an upstream; tells its own port. */
import type { AddressInfo } from 'node:net'
import fastifyCircuitBreaker from '@fastify/circuit-breaker'
import type { Guard } from '@fastify/circuit-breaker'
import Fastify from 'fastify'
import circuitBreaker, { circuitBreakerFetch } from '@plimsoll/circuit-breaker'

export type GuardName = 'none' | 'plimsoll' | 'fastify-circuit-breaker'

/** As everybody has one, whatever guards the call. */
const UPSTREAM_TIMEOUT_MS = 2_000

const [guard, upstream] = process.argv.slice(2)
const app = Fastify()
let ask: typeof fetch = fetch
if (guard === 'plimsoll') {
  await app.register(circuitBreaker)
  ask = circuitBreakerFetch(app.circuitBreakers)
} else if (guard === 'fastify-circuit-breaker') {
  await app.register(fastifyCircuitBreaker, { timeout: UPSTREAM_TIMEOUT_MS })
}

app.get('/products', async () => ({ products: Array.from({ length: 20 }, (_, id) => ({ id, name: `rope ${id}`, price: id * 100 })) }))

const pay = async (): Promise<unknown> => {
  const answer = await ask(`http://127.0.0.1:${upstream}/`, { signal: AbortSignal.timeout(UPSTREAM_TIMEOUT_MS) })
  return await answer.json()
}
const peer: unknown = Reflect.get(app, 'circuitBreaker')
if (isGuard(peer)) app.get('/pay', { preHandler: peer() }, pay)
else app.get('/pay', pay)

process.on('disconnect', () => process.exit())
await app.listen({ host: '127.0.0.1', port: 0 })
process.send?.((app.server.address() as AddressInfo).port)

function isGuard (value: unknown): value is Guard { return typeof value === 'function' }
