import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { ADMISSION_ORDER, ensureCore, integer, optionSpec, InvalidOptionError } from '@plimsoll/core'
import type { Refusal, RequestScope, RouteRecord, ScopeListener, SettleReason } from '@plimsoll/core'

interface Circuit { failures: number, openUntil: number }

const spec = optionSpec<{ readonly failures?: number, readonly openMs?: number }>(InvalidOptionError, {
  failures: integer({ min: 1, default: 5 }),
  openMs: integer({ min: 1, default: 10_000 })
})

/** Opens a route's circuit after so many failures in a row. Needs of core: scope, admission, components, controls. */
export const routeBreaker: FastifyPluginAsync<{ readonly failures?: number, readonly openMs?: number }> = fp(async (fastify: FastifyInstance, options: { readonly failures?: number, readonly openMs?: number }): Promise<void> => {
  const resolved = spec.resolve(options)
  const { failures, openMs } = resolved.values
  const { admission, clock, components, journal } = ensureCore(fastify)
  const circuits = new Map<RouteRecord, Circuit>()
  const isOpen = ({ openUntil }: Circuit): boolean => openUntil > clock.now()
  const open: Refusal = { by: 'route-breaker', reason: 'circuit-open', status: 503, retryAfter: () => openMs / 1_000 }
  const outcome: ScopeListener<Circuit> = {
    settled ({ res, route }: RequestScope, reason: SettleReason, circuit) {
      const failed = reason === 'timeout' || (reason === 'completed' && res.statusCode >= 500)
      circuit.failures = failed ? circuit.failures + 1 : 0
      if (circuit.failures < failures) return
      circuit.openUntil = clock.now() + openMs
      journal.record({ component: 'route-breaker', event: 'circuit-opened', message: `${route?.url}: ${circuit.failures} failures in a row` })
    }
  }
  admission.add({
    name: 'route-breaker',
    order: ADMISSION_ORDER.breaker,
    check (scope) {
      if (scope.route === undefined) return undefined
      const circuit = circuits.get(scope.route) ?? { failures: 0, openUntil: 0 }
      circuits.set(scope.route, circuit)
      if (isOpen(circuit)) return open
      scope.watch(outcome, circuit)
      return undefined
    }
  })
  const opened = (): string[] => [...circuits].filter(([, circuit]) => isOpen(circuit)).map(([{ url }]) => url)
  components.register({
    kind: 'route-breaker',
    name: 'route-breaker',
    snapshot: () => ({ circuits: circuits.size, open: opened() }),
    health: () => opened().length === 0 ? { status: 'ok' } : { status: 'degraded', reason: `open: ${opened().join(', ')}` },
    controls: { reset: { description: 'Closes every circuit', run: () => { circuits.clear() } } },
    configuration: () => spec.configuration(resolved)
  })
}, { name: 'route-breaker' })
