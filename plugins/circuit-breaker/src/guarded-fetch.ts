import { circuitBreakerInterceptor } from './circuit-breaker-interceptor.ts'
import type { CircuitBreakerInterceptorOptions } from './circuit-breaker-interceptor.ts'
import type { CircuitBreakers } from './circuit-breakers.ts'
import { BulkheadFullError, CallTimeoutError, CircuitOpenError } from './errors.ts'
import type { Dispatch, DispatchOptions } from './undici-dispatch.ts'

interface Dispatcher { dispatch: Dispatch }

type FetchInput = Parameters<typeof fetch>[0]
type FetchInit = NonNullable<Parameters<typeof fetch>[1]>

/**
 * Node's own `fetch`, each call behind a circuit as with {@link circuitBreakerInterceptor}; undici need not be installed. What
 * the circuit refuses or times out rejects with its own error (`statusCode` 503 or 504) instead of fetch's TypeError.
 *
 * @throws PLM_CIRCUIT_BREAKER_INVALID_OPTION
 */
export function circuitBreakerFetch (breakers: CircuitBreakers, options: CircuitBreakerInterceptorOptions = {}): typeof fetch {
  const intercept = circuitBreakerInterceptor(breakers, options)
  const guards = new WeakMap<object, Dispatcher>()
  const guard = (dispatcher: Dispatcher): Dispatcher => {
    let guarded = guards.get(dispatcher)
    if (guarded === undefined) {
      guarded = { dispatch: intercept<DispatchOptions>((options, handler) => dispatcher.dispatch(options, handler)) }
      guards.set(dispatcher, guarded)
    }
    return guarded
  }
  return async (input: FetchInput, init: FetchInit = {}): Promise<Response> => {
    const given: unknown = Reflect.get(init, 'dispatcher')
    const dispatcher = guard(isDispatcher(given) ? given : ownDispatcher())
    try {
      return await Reflect.apply(fetch, undefined, [input, { ...init, dispatcher }])
    } catch (error) {
      throw isOwn(error) ? error.cause : error
    }
  }
}

/** The one that Node's fetch uses, set by the undici inside Node when it is loaded, or by an installed one. */
function ownDispatcher (): Dispatcher {
  // Naming it loads it.
  const { Response: { name } } = globalThis
  const dispatcher: unknown = Reflect.get(globalThis, Symbol.for('undici.globalDispatcher.1'))
  if (!isDispatcher(dispatcher)) throw new TypeError(`this Node's fetch (${name}) has no dispatcher that can be guarded; give one as init.dispatcher`)
  return dispatcher
}

function isDispatcher (value: unknown): value is Dispatcher {
  return typeof value === 'object' && value !== null && 'dispatch' in value && typeof value.dispatch === 'function'
}

function isOwn (error: unknown): error is TypeError {
  return error instanceof TypeError && (error.cause instanceof CircuitOpenError || error.cause instanceof BulkheadFullError || error.cause instanceof CallTimeoutError)
}
