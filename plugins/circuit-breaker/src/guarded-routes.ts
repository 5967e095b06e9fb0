import type { Core, RouteRecord } from '@plimsoll/core'
import type { FastifyRequest } from 'fastify'
import type { CircuitBreakers } from './circuit-breakers.ts'
import { MAX_NAME_LENGTH } from './options.ts'
import type { CircuitBreakerOptions, CircuitBreakerSettings } from './options.ts'
import { RouteOptionsError } from './plugin-errors.ts'
import type { RouteGuard } from './route-guard.ts'
import { routeCircuit } from './route-options.ts'
import type { RouteCircuit } from './route-options.ts'

interface Ports {
  readonly core: Core
  readonly breakers: CircuitBreakers
  readonly guard: RouteGuard
  /** What the plugin was given for all circuits. */
  readonly common: CircuitBreakerOptions
}

/**
 * Finds the routes that ask for a circuit, in whatever order and instance they are registered, and gives each its hooks.
 *
 * @throws PLM_CIRCUIT_BREAKER_ROUTE_OPTIONS, where the route is registered
 */
export function guardRoutes ({ core, breakers, guard, common }: Ports): void {
  if (!core.routes.complete) return guardAll(core, guard, common)
  const circuits: RouteCircuit[] = []
  const named = new Map<string, CircuitBreakerSettings>()
  const labels = new RouteLabels()
  core.routes.onRoute((record, options) => {
    const circuit = routeCircuit(record.config['circuitBreaker'], labels.of(record), common)
    if (circuit === undefined) return
    claim(circuit, named)
    circuits.push(circuit)
    options.onRequest = [options.onRequest ?? [], guard.onRequest(circuit)].flat()
    options.preHandler = [options.preHandler ?? [], guard.preHandler].flat()
  })
  core.root.addHook('onReady', async () => {
    for (const circuit of circuits) {
      circuit.settings ??= named.get(circuit.name)
      // So that it is seen before its first request.
      if (circuit.key === undefined) breakers.get(circuit.name, circuit.settings)
    }
  })
}

/** Method and path of a route. */
class RouteLabels {
  readonly #byUrl = new Map<string, string>()

  of ({ methods, url }: Pick<RouteRecord, 'methods' | 'url'>): string {
    const label = `${methods.join(',')} ${url}`.slice(0, MAX_NAME_LENGTH)
    if (methods.includes('GET')) this.#byUrl.set(url, label)
    // The one that Fastify adds: the handler of GET, and so its circuit.
    return methods.length === 1 && methods[0] === 'HEAD' ? this.#byUrl.get(url) ?? label : label
  }
}

/** Two routes that share a circuit can't both say how it works. */
function claim ({ name, settings }: RouteCircuit, named: Map<string, CircuitBreakerSettings>): void {
  if (settings === undefined) return
  const others = named.get(name)
  if (others !== undefined && JSON.stringify(others) !== JSON.stringify(settings)) throw new RouteOptionsError(name, 'another route has given this circuit other options; give them in one place, or in the plugin\'s option circuits')
  named.set(name, settings)
}

/** Core was imported too late to see the routes, and has warned: every request is asked for its route's config. */
function guardAll (core: Core, guard: RouteGuard, common: CircuitBreakerOptions): void {
  const circuits = new WeakMap<object, RouteCircuit | undefined>()
  const labels = new RouteLabels()
  const lookUp = ({ routeOptions: { url = '', method = '', config } }: FastifyRequest): RouteCircuit | undefined => {
    if (circuits.has(config)) return circuits.get(config)
    const circuit = routeCircuit(config.circuitBreaker, labels.of({ methods: [method].flat(), url }), common)
    circuits.set(config, circuit)
    return circuit
  }
  core.root.addHook('onRequest', (request, reply, done) => {
    const circuit = lookUp(request)
    if (circuit === undefined || guard.admit(circuit, request, reply)) done()
  })
  core.root.addHook('preHandler', guard.preHandler)
}
