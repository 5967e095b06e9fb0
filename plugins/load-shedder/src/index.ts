import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { ensureCore, isEnabled } from '@plimsoll/core'
import type { Core } from '@plimsoll/core'
import { DecoratorTakenError, RegisteredTwiceError } from './errors.ts'
import { openInject } from './gated-inject.ts'
import { HealthChecker } from './health-check.ts'
import { LoadShedder } from './load-shedder.ts'
import { loadShedderComponent } from './load-shedder-component.ts'
import { loadShedderMetrics } from './load-shedder-metrics.ts'
import { loadShedderOptions } from './options.ts'
import type { LoadShedderOptions, LoadShedderSettings } from './options.ts'
import type { MemoryUsage } from './pressure-signals.ts'
import { addStatusRoute } from './status-route.ts'
import { pressureHook } from './under-pressure.ts'
import type { PressureHandler } from './under-pressure.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Admits what can be served in time: state and controls. */
    loadShedder: LoadShedder
    /** Whether optional work is better left out. */
    isUnderPressure (): boolean
    /** What the thresholds look at, as of the last second. */
    memoryUsage (): MemoryUsage
  }
  interface FastifyContextConfig {
    /** Answers on this route while a threshold is passed. */
    pressureHandler?: PressureHandler
  }
}

/** Admits what can be served in time, by priority; refuses the rest early and cheaply. Register it once, on any instance. */
const loadShedder: FastifyPluginAsync<LoadShedderOptions> = fp(async (fastify: FastifyInstance, given: LoadShedderOptions): Promise<void> => {
  const core = ensureCore(fastify)
  const { root } = core
  if (root.hasDecorator('loadShedder')) throw new RegisteredTwiceError()
  const resolved = loadShedderOptions.resolve(given)
  const { values } = resolved
  passToCore(core, values)
  const shedder = new LoadShedder(core, values, isEnabled('load-shedder', values.enabled))
  decorate(root, shedder)
  const checker = await startHealthCheck(core, values, shedder)
  const leave = [
    core.admission.claimGate('load-shedder'),
    core.components.register(loadShedderComponent(shedder, resolved)),
    ...loadShedderMetrics(shedder.gate).map(metric => core.metrics.register(metric)),
    core.lifeCycle.on('drain', () => shedder.close()),
    openInject(root, (req, res, destination) => shedder.arrive(req, res, destination))
  ]
  if (asksForVitals(values)) leave.push(core.vitals.subscribe(signs => shedder.signals.look(signs)))
  if (asksForVitals(values) || values.healthCheck !== undefined) root.addHook('onRequest', pressureHook({ answers: values, pressureOf: ({ raw }) => shedder.pressureOf(raw), retryAfter: () => shedder.retryAfter() }))
  root.addHook('onReady', async () => shedder.open())
  root.addHook('onClose', async () => {
    checker?.close()
    shedder.leave()
    for (const step of leave) step()
  })
  addStatus(fastify, values, shedder, checker)
}, { fastify: '5.x', name: '@plimsoll/load-shedder' })

// The two options that are core's as well.
function passToCore (core: Core, { priority, headers }: LoadShedderSettings): void {
  if (priority !== undefined) core.priorities.useFunction(priority)
  core.admission.addHeaders(headers)
}

// The sampler costs a little all the time: nobody who sets no threshold pays for it.
function asksForVitals ({ maxEventLoopDelay, maxEventLoopUtilization, maxHeapUsedBytes, maxRssBytes }: LoadShedderSettings): boolean {
  return maxEventLoopDelay + maxEventLoopUtilization + maxHeapUsedBytes + maxRssBytes > 0
}

function decorate (root: FastifyInstance, shedder: LoadShedder): void {
  const taken = ['isUnderPressure', 'memoryUsage'].find(name => root.hasDecorator(name))
  if (taken !== undefined) throw new DecoratorTakenError(taken)
  root.decorate('loadShedder', shedder)
  root.decorate('isUnderPressure', () => shedder.isUnderPressure())
  root.decorate('memoryUsage', () => shedder.memoryUsage())
}

type OwnHealthChecker = HealthChecker<boolean | Readonly<Record<string, unknown>>>

async function startHealthCheck ({ root, clock }: Core, { healthCheck, healthCheckInterval }: LoadShedderSettings, shedder: LoadShedder): Promise<OwnHealthChecker | undefined> {
  if (healthCheck === undefined) return undefined
  const checker: OwnHealthChecker = new HealthChecker(() => healthCheck(root), (healthy, error) => {
    shedder.signals.checked(healthy)
    if (error !== undefined) root.log.error({ err: error }, 'the healthCheck function given to load-shedder threw: the service counts as unhealthy')
  })
  await checker.start(clock, healthCheckInterval)
  return checker
}

function addStatus (fastify: FastifyInstance, { statusRoute, exposeStatusRoute }: LoadShedderSettings, shedder: LoadShedder, checker: OwnHealthChecker | undefined): void {
  const route = statusRoute ?? exposeStatusRoute
  if (route === undefined) return
  const { gate } = shedder
  addStatusRoute(fastify, route, {
    check: checker === undefined ? undefined : () => checker.run(),
    retryAfter: () => shedder.retryAfter(),
    ...(statusRoute === undefined
      ? { state: () => ({}), stateSchema: {} }
      : {
          state: () => ({ underPressure: shedder.isUnderPressure(), queued: gate.queued, inFlight: gate.inFlight }),
          stateSchema: { underPressure: { type: 'boolean' }, queued: { type: 'integer' }, inFlight: { type: 'integer' } }
        })
  })
}

export default loadShedder
export * from './errors.ts'
export type { ClientKey } from './client-cohorts.ts'
export type { Force, LoadShedder } from './load-shedder.ts'
export type { HealthCheck, LiveOptions, LoadShedderOptions, StatusRoute, StrategyFactory } from './options.ts'
export { TYPE_EVENT_LOOP_DELAY, TYPE_EVENT_LOOP_UTILIZATION, TYPE_HEALTH_CHECK, TYPE_HEAP_USED_BYTES, TYPE_RSS_BYTES } from './pressure-signals.ts'
export type { MemoryUsage, Pressure, PressureType } from './pressure-signals.ts'
export type { Arrival, GateState, Outcome, RefusalReason, Strategy, StrategyChange, StrategyName, StrategyPorts } from './strategy.ts'
export type { PressureHandler } from './under-pressure.ts'
