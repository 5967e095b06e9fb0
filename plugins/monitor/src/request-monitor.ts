import type { Clock, RequestScope, RequestScopes, RouteTable, SettleReason } from '@plimsoll/core'
import { OUTCOME_CLASSES, SERVED_CLASSES } from '@plimsoll/core'
import type { onRequestHookHandler } from 'fastify'
import type { ClassicBuckets } from './classic-buckets.ts'
import { requestLength, responseLength } from './declared-length.ts'
import { outcomeOf } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { RouteSlots } from './route-slots.ts'
import { SlowRequests } from './slow-requests.ts'
import { requestIdOf, traceIdOf } from './trace-id.ts'
import type { TraceId } from './trace-id.ts'
import { Traffic } from './traffic.ts'

const SERVED: readonly boolean[] = OUTCOME_CLASSES.map((name) => SERVED_CLASSES.includes(name))

/** What it needs of core. */
export interface RequestMonitorPorts {
  readonly clock: Clock
  readonly routes: Pick<RouteTable, 'lookup' | 'recordOf'>
  readonly scopes: Pick<RequestScopes, 'of'>
}

/**
 * Counts every request of the application at its settlement, by route and outcome: also those that a gate refused before
 * Fastify saw them, and those whose client went away, which Fastify's hooks don't all tell of.
 */
export class RequestMonitor {
  readonly slots: RouteSlots
  readonly traffic: Traffic
  readonly slow: SlowRequests
  /** Off, nothing is counted. */
  enabled: boolean
  readonly #core: RequestMonitorPorts
  readonly #clock: Clock
  readonly #traceId: TraceId | undefined

  constructor (core: RequestMonitorPorts, { maxRoutes, sampleRate, traceId, enabled, buckets }: {
    readonly maxRoutes: number
    readonly sampleRate: number
    readonly traceId: TraceId | undefined
    readonly enabled: boolean
    readonly buckets: ClassicBuckets
  }) {
    this.slots = new RouteSlots(maxRoutes)
    this.traffic = new Traffic(maxRoutes, buckets)
    this.slow = new SlowRequests({ sampleRate, random: () => core.clock.random() })
    this.enabled = enabled
    this.#core = core
    this.#clock = core.clock
    this.#traceId = traceId
  }

  /** Makes the scope of a request, if nobody has, and says which route it goes to. */
  hook (): onRequestHookHandler {
    const { routes, scopes } = this.#core
    return (request, reply, done) => {
      const scope = scopes.of(request.raw, reply.raw)
      // Over already, where its client went away while a gate held it: nothing would take it off again.
      if (scope.settled === undefined) {
        scope.routeTo(routes.recordOf(request))
        this.traffic.begin(this.slots.slotOf(scope.route, scope.req.method))
      }
      done()
    }
  }

  /** At a request's settlement. */
  settled (scope: RequestScope, reason: SettleReason): void {
    const { req, res, routed } = scope
    const slot = this.slots.slotOf(this.#routeOf(scope), req.method)
    if (routed) this.traffic.end(slot)
    if (!this.enabled) return
    const ms = this.#clock.now() - scope.startedAt
    const outcome = outcomeOf(reason, res.statusCode)
    this.traffic.record(slot, outcome, ms, requestLength(req), responseLength(res))
    if (SERVED[outcome]! && this.slow.wants(ms)) this.#keep(scope, slot, outcome, ms)
  }

  /** Of a request that neither a gate nor Fastify has put to a route. */
  #routeOf ({ route, routed, req, res }: RequestScope): RequestScope['route'] {
    return route === undefined && !routed ? this.#core.routes.lookup(req, res) : route
  }

  #keep ({ req, res }: RequestScope, slot: number, outcome: Outcome, ms: number): void {
    this.slow.keep({
      at: this.#clock.wallTime(),
      ...this.slots.labelOf(slot),
      outcome: OUTCOME_CLASSES[outcome]!,
      status: res.statusCode,
      ms,
      requestId: requestIdOf(req),
      traceId: traceIdOf(req, this.#traceId)
    })
  }
}
