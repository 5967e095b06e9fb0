// The breaker as applications use it, compiled against nothing but the packed types: undici is not even installed.
import Fastify from 'fastify'
import circuitBreaker, { CircuitBreaker, circuitBreakerFetch, circuitBreakerInterceptor, CircuitBreakers, CircuitOpenError } from '@plimsoll/circuit-breaker'
import type { CircuitBreakerInterceptor, Permit, RouteCircuitBreakerOptions, Transition } from '@plimsoll/circuit-breaker'

const bank = new CircuitBreaker('bank', { timeout: 800, consecutiveFailures: 5 })

export async function pay (signal: AbortSignal): Promise<string> {
  try {
    return await bank.execute(async ({ signal }) => await (await fetch('http://bank.internal/', { signal })).text(), { signal })
  } catch (error) {
    if (error instanceof CircuitOpenError) return `closed for ${error.retryAfterMs} ms`
    throw error
  }
}

export function payNow (send: () => boolean): boolean {
  const permit: Permit | undefined = bank.tryAcquire()
  if (permit === undefined) return false
  const sent = send()
  if (sent) bank.succeed(permit)
  else bank.fail(permit, new Error('not sent'))
  return sent
}

const tenants = new CircuitBreakers({ maxCircuits: 500, circuits: { ours: { failureRateThreshold: 0.9 } } })
export const leave: () => void = tenants.on('stateChange', ({ breaker, from, to, reason }: Transition) => console.log(breaker.name, from, to, reason))
export const interceptor: CircuitBreakerInterceptor = circuitBreakerInterceptor(tenants, { key: ({ path = '/' }) => path })

const perTenant: RouteCircuitBreakerOptions = { key: request => request.ip, timeout: 2_000 }
const app = Fastify()
app.register(circuitBreaker, { cluster: 'quorum' })
app.get('/', { config: { circuitBreaker: perTenant } }, async () => 'ok')
app.after(() => {
  const guarded: typeof fetch = circuitBreakerFetch(app.circuitBreakers, { name: 'stock' })
  app.get('/stock', async () => await (await guarded('http://stock.internal/')).text())
})
