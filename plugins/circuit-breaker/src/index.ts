import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { ensureCore, isEnabled } from '@plimsoll/core'
import { circuitBreakerComponent } from './circuit-breaker-component.ts'
import { circuitBreakerMetrics } from './circuit-breaker-metrics.ts'
import { CircuitBreakers } from './circuit-breakers.ts'
import { CircuitJournal } from './circuit-journal.ts'
import { ClusterView } from './cluster-view.ts'
import { EnabledSwitch } from './enabled-switch.ts'
import { guardRoutes } from './guarded-routes.ts'
import { RegisteredTwiceError } from './plugin-errors.ts'
import { pluginSettings } from './plugin-options.ts'
import type { CircuitBreakerPluginOptions } from './plugin-options.ts'
import { RouteGuard } from './route-guard.ts'
import type { RouteCircuitBreakerOptions } from './route-options.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The circuits of the application: those of its guarded routes, and one for each name that is asked for. */
    circuitBreakers: CircuitBreakers
  }
  interface FastifyContextConfig {
    /** Guards the route with a circuit: `true`, or options of its own. @default false */
    circuitBreaker?: boolean | RouteCircuitBreakerOptions
  }
}

/** Stops calling what is failing: guarded routes and upstreams. Register it once, on any instance. */
const circuitBreaker: FastifyPluginAsync<CircuitBreakerPluginOptions> = fp(async (fastify: FastifyInstance, given: CircuitBreakerPluginOptions): Promise<void> => {
  const core = ensureCore(fastify)
  const { root, clock, journal } = core
  if (root.hasDecorator('circuitBreakers')) throw new RegisteredTwiceError()
  const settings = pluginSettings(given)
  const breakers = new CircuitBreakers(settings.registry, {
    clock,
    onFault: ({ breaker, what, error }) => journal.record({ component: 'circuit-breaker/circuit-breakers', event: 'function-failed', severity: 'error', message: `the ${what} of circuit ${breaker} threw: ${error instanceof Error ? error.message : typeof error}` })
  })
  const enabled = new EnabledSwitch(breakers)
  root.decorate('circuitBreakers', breakers)
  guardRoutes({ core, breakers, guard: new RouteGuard({ core, breakers, enabled }), common: settings.common })
  enabled.set(isEnabled('circuit-breaker', settings.own.enabled))

  const changes = new CircuitJournal({ clock, record: event => { journal.record(event) } })
  let cluster: ClusterView | undefined
  const leave = [
    breakers.on('stateChange', transition => { changes.changed(transition) }),
    core.components.register(circuitBreakerComponent({ breakers, enabled, settings, cluster: () => cluster })),
    ...circuitBreakerMetrics(breakers, () => cluster).map(metric => core.metrics.register(metric))
  ]
  const { cluster: policy } = settings.own
  if (policy !== 'off') root.addHook('onReady', async () => { cluster = new ClusterView({ breakers, coordinator: core.coordinator, clock, policy }) })
  root.addHook('onClose', async () => {
    cluster?.close()
    for (const step of leave) step()
  })
}, { fastify: '5.x', name: '@plimsoll/circuit-breaker' })

export default circuitBreaker
export type { BreakerSnapshot } from './breaker-snapshot.ts'
export type { BreakerStats } from './breaker-stats.ts'
export type { CallContext } from './call.ts'
export { CircuitBreaker } from './circuit-breaker.ts'
export { circuitBreakerInterceptor } from './circuit-breaker-interceptor.ts'
export type { CircuitBreakerInterceptor, CircuitBreakerInterceptorOptions } from './circuit-breaker-interceptor.ts'
export { CircuitBreakers } from './circuit-breakers.ts'
export type { CircuitBreakersStats } from './circuit-breakers.ts'
export type { ClusterPolicy } from './cluster-policy.ts'
export * from './errors.ts'
export type { BreakerEvents } from './events.ts'
export type { ExportedState } from './exported-state.ts'
export { AnswerCutOffError, AnswerStatusError } from './failed-answer.ts'
export { circuitBreakerFetch } from './guarded-fetch.ts'
export type { Isolation } from './isolation.ts'
export type { CircuitBreakerOptions, CircuitBreakerSettings, CircuitBreakersOptions, LiveOptions, Outcome, RetryOptions } from './options.ts'
export { circuitBreakerOptions, liveOptions } from './options.ts'
export type { Permit } from './permit.ts'
export * from './plugin-errors.ts'
export type { CircuitBreakerPluginOptions } from './plugin-options.ts'
export { RetryBudget } from './retry-budget.ts'
export type { RouteCircuitBreakerOptions } from './route-options.ts'
export type { BreakerPorts, Fault } from './surroundings.ts'
export type { CircuitState, Transition, TransitionReason } from './transition.ts'
