import { refuseRouted } from '@plimsoll/core'
import type { Core, Refusal } from '@plimsoll/core'
import type { FastifyReply, FastifyRequest, onRequestHookHandler, preHandlerHookHandler } from 'fastify'
import type { CircuitBreaker } from './circuit-breaker.ts'
import type { CircuitBreakers } from './circuit-breakers.ts'
import { deadlinesOf } from './deadlines.ts'
import type { Deadlines } from './deadlines.ts'
import type { EnabledSwitch } from './enabled-switch.ts'
import { CircuitOpenError } from './errors.ts'
import { MAX_NAME_LENGTH } from './options.ts'
import { RouteCall, routeCallListener } from './route-call.ts'
import type { RouteCircuit } from './route-options.ts'

/** Shared by all refusals of a kind; read while the answer is written, which is at once. */
class CircuitRefusal implements Refusal {
  readonly by: string = 'circuit-breaker'
  readonly status: number = 503
  readonly reason: string
  readonly code: string
  seconds = 1

  constructor (reason: string, code: string) {
    this.reason = reason
    this.code = code
  }

  retryAfter (): number { return this.seconds }
}

const OPEN = new CircuitRefusal('circuit-open', 'PLM_CIRCUIT_BREAKER_OPEN')
const FULL = new CircuitRefusal('bulkhead-full', 'PLM_CIRCUIT_BREAKER_BULKHEAD_FULL')

interface Ports {
  readonly core: Core
  readonly breakers: CircuitBreakers
  readonly enabled: EnabledSwitch
}

/** The hooks of guarded routes: no other route has one. */
export class RouteGuard {
  readonly #core: Core
  readonly #breakers: CircuitBreakers
  readonly #enabled: EnabledSwitch
  readonly #deadlines: Deadlines
  readonly #calls = new WeakMap<object, RouteCall>()

  constructor ({ core, breakers, enabled }: Ports) {
    this.#core = core
    this.#breakers = breakers
    this.#enabled = enabled
    this.#deadlines = deadlinesOf(core.clock)
  }

  /** Of one route: asks its circuit ahead of parsing, validation and handler, behind the application's own onRequest hooks. */
  onRequest (circuit: RouteCircuit): onRequestHookHandler {
    return (request, reply, done) => { if (this.admit(circuit, request, reply)) done() }
  }

  /** The last hook ahead of the handler. */
  readonly preHandler: preHandlerHookHandler = (request, _reply, done) => {
    this.#calls.get(request)?.reachHandler()
    done()
  }

  /** Whether the request may go on; otherwise it has been answered. */
  admit (circuit: RouteCircuit, request: FastifyRequest, reply: FastifyReply): boolean {
    if (!this.#enabled.enabled) return true
    const breaker = this.#breakers.get(nameFor(circuit, request), circuit.settings)
    const permit = breaker.tryAcquire()
    if (permit === undefined) {
      this.#refuse(breaker, request, reply)
      return false
    }
    const call = new RouteCall({ breaker, permit, reply, deadlines: this.#deadlines, scope: this.#core.scopeOf(request.raw, reply.raw) })
    this.#calls.set(request, call)
    call.scope.watch(routeCallListener, call)
    return true
  }

  #refuse (breaker: CircuitBreaker, request: FastifyRequest, reply: FastifyReply): void {
    const error = breaker.refusal()
    const isOpen = error instanceof CircuitOpenError
    const refusal = isOpen ? OPEN : FULL
    refusal.seconds = isOpen ? Math.max(1, Math.ceil(error.retryAfterMs / 1000)) : 1
    reply.header('x-circuit-state', breaker.state).header('x-circuit-name', asHeader(breaker.name))
    refuseRouted(this.#core, request, reply, refusal)
  }
}

function nameFor ({ name, key }: RouteCircuit, request: FastifyRequest): string {
  if (key === undefined) return name
  const given = keyOf(key, request)
  return typeof given === 'string' && given !== '' ? `${name}/${given}`.slice(0, MAX_NAME_LENGTH) : name
}

/** The application's own function must not cost it the request. */
function keyOf (key: (request: FastifyRequest) => unknown, request: FastifyRequest): unknown {
  try {
    return key(request)
  } catch {
    return undefined
  }
}

/** A key may hold what no header can. */
function asHeader (name: string): string { return name.replace(/[^\x20-\x7e]/g, '?') }
