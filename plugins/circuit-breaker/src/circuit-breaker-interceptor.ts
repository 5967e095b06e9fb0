import { accepted, flag, optionSpec, priorityInterceptor, systemClock, text } from '@plimsoll/core'
import type { Clock, OptionCheck, OptionSpec, PriorityInterceptorOptions } from '@plimsoll/core'
import type { CircuitBreaker } from './circuit-breaker.ts'
import type { CircuitBreakers } from './circuit-breakers.ts'
import { deadlinesOf } from './deadlines.ts'
import { InvalidOptionError } from './errors.ts'
import { GuardedHandler } from './guarded-handler.ts'
import { GuardedLegacyHandler } from './guarded-legacy-handler.ts'
import { MAX_NAME_LENGTH } from './options.ts'
import { NOTHING_TO_CONTROL } from './undici-dispatch.ts'
import type { AnyHandler, Dispatch, DispatchOptions } from './undici-dispatch.ts'
import { UpstreamCall } from './upstream-call.ts'

export interface CircuitBreakerInterceptorOptions {
  /** One circuit for all calls. Give this or `key`. @default by `key` */
  readonly name?: string
  /** Name of the circuit of a call. One that throws or gives no text takes the default. @default the origin, such as `http://stock:8080`, where the call has one */
  readonly key?: (options: DispatchOptions) => string
  /**
   * Passes the class of the request that is being served, and the time that is left for it, on to the upstream, as core's
   * `priorityInterceptor` does: for one's own services. @default false
   */
  readonly propagate?: boolean | PriorityInterceptorOptions
  /** @default the system's */
  readonly clock?: Clock
}

const MAX_HEADER_LENGTH = 100

interface Settings {
  readonly name: string | undefined
  readonly key: ((options: DispatchOptions) => unknown) | undefined
  readonly propagate: boolean | PriorityInterceptorOptions
  readonly clock: Clock
}

/** What `dispatcher.compose()` of undici 7 and 8 takes. */
export type CircuitBreakerInterceptor = <O extends object>(dispatch: Dispatch<O>) => Dispatch<O>

type Propagation = { readonly [K in keyof PriorityInterceptorOptions]-?: PriorityInterceptorOptions[K] | undefined }

const propagation: OptionCheck<Propagation> = optionSpec<PriorityInterceptorOptions, Propagation>(InvalidOptionError, {
  storage: accepted(isStorage, 'give an AsyncLocalStorage'),
  header: text({ maxLength: MAX_HEADER_LENGTH }),
  remaining: accepted((given): given is NonNullable<PriorityInterceptorOptions['remaining']> => typeof given === 'function', 'give a function (scope) => milliseconds'),
  deadlineHeader: text({ maxLength: MAX_HEADER_LENGTH })
}).nested()

const interceptorOptions: OptionSpec<CircuitBreakerInterceptorOptions, Settings> = optionSpec<CircuitBreakerInterceptorOptions, Settings>(InvalidOptionError, {
  name: text({ maxLength: MAX_NAME_LENGTH }),
  key: accepted((given): given is (options: DispatchOptions) => unknown => typeof given === 'function', 'give a function (options) => name'),
  propagate: {
    read (given, path, refuse) {
      if (!isRecord(given)) return flag({ default: false }).read(given, path, refuse)
      propagation.read(given, path, refuse)
      return given
    }
  },
  clock: accepted(isClock, 'give a clock, as core has one', { default: systemClock })
}, ({ name, key }) => name !== undefined && key !== undefined ? { option: 'key', right: 'give name or key, not both' } : undefined)

/**
 * An interceptor for undici's `dispatcher.compose()`: each call asks a circuit, and its outcome is judged at the end of the
 * body. A connection error, a reset in mid-body, a timeout and a status from 500 on are failures; a call that its caller
 * aborts decides nothing. A call that is refused ends in a `CircuitOpenError`, which undici's retry interceptor does not
 * retry, whichever of the two is composed first.
 *
 * An answer whose body is neither read nor cancelled keeps its permit.
 *
 * @throws PLM_CIRCUIT_BREAKER_INVALID_OPTION
 */
export function circuitBreakerInterceptor (breakers: CircuitBreakers, options: CircuitBreakerInterceptorOptions = {}): CircuitBreakerInterceptor {
  const settings = interceptorOptions.resolve(options).values
  const deadlines = deadlinesOf(settings.clock)
  const isNamed = settings.name !== undefined || settings.key !== undefined
  const passOn = settings.propagate === false ? undefined : priorityInterceptor(settings.propagate === true ? {} : settings.propagate)
  return <O extends object>(dispatch: Dispatch<O>): Dispatch<O> => {
    const forward = passOn?.(dispatch) ?? dispatch
    return (options, handler) => {
      const breaker = breakers.get(nameOf(options, settings))
      if (isNamed) breakers.origins.note(breaker, options)
      const permit = breaker.tryAcquire()
      if (permit === undefined) return refuse(breaker, handler)
      const call = new UpstreamCall(breaker, permit, deadlines)
      const guarded = handler.onRequestStart === undefined ? new GuardedLegacyHandler(handler, call) : new GuardedHandler(handler, call)
      try {
        return forward(options, guarded)
      } catch (error) {
        // Nothing was sent: the call itself was wrong.
        call.failed(error, true)
        throw error
      }
    }
  }
}

/** Of a Client or Pool that is called by path alone. */
const NO_ORIGIN = '(no origin)'

function nameOf (options: DispatchOptions, { name, key }: Settings): string {
  if (name !== undefined) return name
  const given = key === undefined ? undefined : keyOf(key, options)
  return typeof given === 'string' && given !== '' ? given : String(options.origin ?? NO_ORIGIN)
}

/** The application's own function must not cost it the call. */
function keyOf (key: (options: DispatchOptions) => unknown, options: DispatchOptions): unknown {
  try {
    return key(options)
  } catch {
    return undefined
  }
}

/** `true`, as if it had been dispatched: there is nothing to wait for. */
function refuse (breaker: CircuitBreaker, handler: AnyHandler): true {
  const error = breaker.refusal()
  if (handler.onResponseError === undefined) handler.onError?.(error)
  else handler.onResponseError(NOTHING_TO_CONTROL, error)
  return true
}

function isRecord (value: unknown): value is PriorityInterceptorOptions {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isStorage (value: unknown): value is NonNullable<PriorityInterceptorOptions['storage']> {
  return typeof value === 'object' && value !== null && 'getStore' in value && typeof value.getStore === 'function'
}

function isClock (value: unknown): value is Clock {
  return typeof value === 'object' && value !== null && 'now' in value && typeof value.now === 'function'
}
