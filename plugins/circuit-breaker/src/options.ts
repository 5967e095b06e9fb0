import { accepted, flag, integer, number, oneOf, optional, optionSpec } from '@plimsoll/core'
import type { OptionCheck, OptionFault, OptionSpec } from '@plimsoll/core'
import { InvalidOptionError } from './errors.ts'
import { DEFAULT_WINDOW_CALLS } from './sliding-window.ts'

/** What a result or an error says about whom is called. `ignore`: nothing. */
export type Outcome = 'success' | 'failure' | 'ignore'

/** How calls that failed are made again. */
export interface RetryOptions {
  /** Calls in all, the first included. @default 3 */
  readonly maxAttempts?: number
  /** Longest wait before the first retry, in ms; the real one is drawn from 0 to that, and doubles. @default 100 */
  readonly waitDuration?: number
  /** Longest wait before any retry, in ms. @default 2000 */
  readonly maxWaitDuration?: number
  /** Retries that each call earns: 0.2 lets all retries together add 20 % of load. @default 0.2 */
  readonly budgetRatio?: number
  /** Retries a second that are allowed without being earned. @default 1 */
  readonly budgetMinPerSecond?: number
}

/** Options of one circuit, in resilience4j's words. Rates are from 0 to 1, times in milliseconds. All may stay out. */
export interface CircuitBreakerOptions {
  /** Share of failed calls at which it opens. @default 0.5 */
  readonly failureRateThreshold?: number
  /** Share of slow calls at which it opens. @default 1 */
  readonly slowCallRateThreshold?: number
  /** A call that takes so many ms is slow; 0: none is, and nothing is measured. @default 0 */
  readonly slowCallDurationThreshold?: number
  /** What the window holds: the calls of a time, or a number of calls. @default 'time' */
  readonly slidingWindowType?: 'time' | 'count'
  /** Milliseconds (1000 or more) or calls. @default 10000 ms, 100 calls */
  readonly slidingWindowSize?: number | undefined
  /** With fewer calls in the window no rate opens it. @default 20 */
  readonly minimumNumberOfCalls?: number
  /** So many failures in a row open it, whatever the window holds; 0 is off. @default 0 */
  readonly consecutiveFailures?: number
  /** The first wait, in ms, before probes are let through. @default 5000 */
  readonly waitDurationInOpenState?: number
  /** Each further opening waits so many times as long; 1 is constant. @default 2 */
  readonly exponentialBackoffMultiplier?: number
  /** The longest wait, in ms. @default 60000 or waitDurationInOpenState, whichever is more */
  readonly exponentialMaxWaitDurationInOpenState?: number | undefined
  /** A wait is shortened by a random part of up to this, so that instances don't probe together. @default 0.1 */
  readonly randomizedWaitFactor?: number
  /** Each such time in ms that it stays closed takes one lengthening back. @default 60000 */
  readonly backoffDecay?: number
  /** Probes that are out at a time while half-open; the calls beyond fail at once. @default 1 */
  readonly permittedNumberOfCallsInHalfOpenState?: number
  /** Probes that must succeed; the first that fails opens it again. @default 2 */
  readonly successThreshold?: number
  /** After so many ms a probe that was not heard of leaves its place to another; 0: twice the timeout, or the first wait. @default 0 */
  readonly probeLease?: number
  /** A call of `execute()` that takes longer is aborted and has failed, in ms; 0 is off. @default 0 */
  readonly timeout?: number
  /** Calls that are out at a time; those beyond are refused; 0 is no bound. @default 0 */
  readonly maxConcurrentCalls?: number
  /** @default no retries */
  readonly retry?: RetryOptions | undefined
  /** What an error says. `true` is `success`, as in opossum; `false` and `undefined` are `failure`. @default every error is a failure */
  readonly errorFilter?: ((error: unknown) => Outcome | boolean | undefined) | undefined
  /** What a result says; `undefined` is `success`. @default every result is a success */
  readonly resultFilter?: ((result: unknown) => Outcome | undefined) | undefined
  /** Count, but let everything through. @default false */
  readonly metricsOnly?: boolean
}

/** Options that can be changed while calls are made. */
export type LiveOptions = Pick<CircuitBreakerOptions, 'failureRateThreshold' | 'slowCallRateThreshold' | 'slowCallDurationThreshold' |
  'minimumNumberOfCalls' | 'consecutiveFailures' | 'waitDurationInOpenState' | 'permittedNumberOfCallsInHalfOpenState' | 'successThreshold' |
  'timeout' | 'maxConcurrentCalls' | 'metricsOnly'>

type MayStayOut = 'slidingWindowSize' | 'exponentialMaxWaitDurationInOpenState' | 'retry' | 'errorFilter' | 'resultFilter'

/** {@link CircuitBreakerOptions} with every default filled in. */
export type CircuitBreakerSettings =
  { readonly [K in Exclude<keyof CircuitBreakerOptions, MayStayOut>]-?: Exclude<CircuitBreakerOptions[K], undefined> } &
  { readonly [K in Exclude<MayStayOut, 'retry'>]-?: CircuitBreakerOptions[K] | undefined } &
  { readonly retry: Readonly<Required<RetryOptions>> | undefined }

/** Options of {@link CircuitBreakers}: those of each circuit, and: */
export interface CircuitBreakersOptions extends CircuitBreakerOptions {
  /** Circuits at a time. @default 10000 */
  readonly maxCircuits?: number
  /** Circuits that are made at once and never given up, by name, with options of their own. @default {} */
  readonly circuits?: Readonly<Record<string, CircuitBreakerOptions>>
}

export type CircuitBreakersSettings = CircuitBreakerSettings & { readonly maxCircuits: number, readonly circuits: Readonly<Record<string, CircuitBreakerSettings>> }

const DAY_MS = 86_400_000
const MIN_WINDOW_MS = 1000
/** The most calls that a count window may hold: a byte each. */
const MAX_WINDOW_CALLS = 1_000_000
const MAX_PROBES = 1000
/** The most that `maxCircuits` may be. */
const MAX_CIRCUITS = 1_000_000
/** The longest `timeout`. */
export const MAX_TIMEOUT_MS: number = DAY_MS
/** The longest name of a circuit, in characters. */
export const MAX_NAME_LENGTH = 256

const live = {
  failureRateThreshold: number({ min: 0.0001, max: 1, default: 0.5 }),
  slowCallRateThreshold: number({ min: 0.0001, max: 1, default: 1 }),
  slowCallDurationThreshold: number({ min: 0, max: DAY_MS, default: 0 }),
  minimumNumberOfCalls: integer({ min: 1, max: MAX_WINDOW_CALLS, default: 20 }),
  consecutiveFailures: integer({ min: 0, max: MAX_WINDOW_CALLS, default: 0 }),
  waitDurationInOpenState: number({ min: 1, max: DAY_MS, default: 5000 }),
  permittedNumberOfCallsInHalfOpenState: integer({ min: 1, max: MAX_PROBES, default: 1 }),
  successThreshold: integer({ min: 1, max: MAX_PROBES, default: 2 }),
  timeout: number({ min: 0, max: MAX_TIMEOUT_MS, default: 0 }),
  maxConcurrentCalls: integer({ min: 0, max: 1_000_000, default: 0 }),
  metricsOnly: flag({ default: false })
}

/** {@link LiveOptions}, checked as at the start. */
export const liveOptions: OptionSpec<LiveOptions, Required<LiveOptions>> = optionSpec<LiveOptions, Required<LiveOptions>>(InvalidOptionError, live)

const retryOptions: OptionSpec<RetryOptions, Required<RetryOptions>> = optionSpec<RetryOptions, Required<RetryOptions>>(InvalidOptionError, {
  maxAttempts: integer({ min: 2, max: 100, default: 3 }),
  waitDuration: number({ min: 1, max: DAY_MS, default: 100 }),
  maxWaitDuration: number({ min: 1, max: DAY_MS, default: 2000 }),
  budgetRatio: number({ min: 0, max: 10, default: 0.2 }),
  budgetMinPerSecond: number({ min: 0, max: 1000, default: 1 })
}, ({ waitDuration, maxWaitDuration }) => waitDuration > maxWaitDuration ? { option: 'waitDuration', right: `give at most maxWaitDuration, which is ${maxWaitDuration}` } : undefined)

const checks = {
  ...live,
  slidingWindowType: oneOf(['time', 'count'], { default: 'time' }),
  slidingWindowSize: integer({ min: 1, max: DAY_MS }),
  exponentialBackoffMultiplier: number({ min: 1, max: 100, default: 2 }),
  exponentialMaxWaitDurationInOpenState: number({ min: 1, max: DAY_MS }),
  randomizedWaitFactor: number({ min: 0, max: 0.9, default: 0.1 }),
  backoffDecay: number({ min: 1, max: DAY_MS, default: 60_000 }),
  probeLease: number({ min: 0, max: DAY_MS, default: 0 }),
  retry: optional(retryOptions),
  errorFilter: functionOption<NonNullable<CircuitBreakerOptions['errorFilter']>>('give a function (error) => outcome'),
  resultFilter: functionOption<NonNullable<CircuitBreakerOptions['resultFilter']>>('give a function (result) => outcome')
}

/** Resolves, refuses and shows {@link CircuitBreakerOptions}. */
export const circuitBreakerOptions: OptionSpec<CircuitBreakerOptions, CircuitBreakerSettings> =
  optionSpec<CircuitBreakerOptions, CircuitBreakerSettings>(InvalidOptionError, checks, contradiction)

export const circuitBreakersOptions: OptionSpec<CircuitBreakersOptions, CircuitBreakersSettings> =
  optionSpec<CircuitBreakersOptions, CircuitBreakersSettings>(InvalidOptionError, {
    ...checks,
    maxCircuits: integer({ min: 1, max: MAX_CIRCUITS, default: 10_000 }),
    circuits: namedCircuits()
  }, values => {
    if (Object.keys(values.circuits).length > values.maxCircuits) return { option: 'circuits', right: `give at most maxCircuits, which is ${values.maxCircuits}` }
    return contradiction(values)
  })

/** @throws InvalidOptionError at anything but a string of 1 to {@link MAX_NAME_LENGTH} characters */
export function checkedName (name: string): string {
  if (typeof name === 'string' && name !== '' && name.length <= MAX_NAME_LENGTH) return name
  throw new InvalidOptionError('name', `${typeof name} of ${String(name).length} characters`, `give a string of 1 to ${MAX_NAME_LENGTH} characters`)
}

/** Frozen, so that all who give none share their settings. */
export const DEFAULTS: CircuitBreakerOptions = Object.freeze({})

const resolved = new WeakMap<object, CircuitBreakerSettings>()

/** Settings of these options; those of frozen options are shared, so that a thousand circuits have one. @throws InvalidOptionError */
export function settingsOf (options: CircuitBreakerOptions): CircuitBreakerSettings {
  const known = resolved.get(options)
  if (known !== undefined) return known
  const settings = circuitBreakerOptions.resolve(options).values
  resolved.set(settings, settings)
  if (Object.isFrozen(options)) resolved.set(options, settings)
  return settings
}

/** `settings` with what was given in `change`. @throws InvalidOptionError at an option that can't be changed, or a contradiction */
export function changed (settings: CircuitBreakerSettings, change: LiveOptions): CircuitBreakerSettings {
  liveOptions.resolve(change)
  return settingsOf({ ...settings, ...Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) })
}

function contradiction (values: Readonly<CircuitBreakerSettings>): OptionFault | undefined {
  const { slidingWindowType, slidingWindowSize, minimumNumberOfCalls, waitDurationInOpenState, exponentialMaxWaitDurationInOpenState } = values
  if (slidingWindowType === 'time' && slidingWindowSize !== undefined && slidingWindowSize < MIN_WINDOW_MS) {
    return { option: 'slidingWindowSize', right: `give milliseconds, ${MIN_WINDOW_MS} at least, or slidingWindowType count` }
  }
  if (slidingWindowType === 'count') {
    const calls = slidingWindowSize ?? DEFAULT_WINDOW_CALLS
    if (calls > MAX_WINDOW_CALLS) return { option: 'slidingWindowSize', right: `give at most ${MAX_WINDOW_CALLS} calls` }
    if (minimumNumberOfCalls > calls) return { option: 'minimumNumberOfCalls', right: `give at most slidingWindowSize, which is ${calls}: it would never open` }
  }
  if (exponentialMaxWaitDurationInOpenState !== undefined && exponentialMaxWaitDurationInOpenState < waitDurationInOpenState) {
    return { option: 'exponentialMaxWaitDurationInOpenState', right: `give at least waitDurationInOpenState, which is ${waitDurationInOpenState}` }
  }
  return undefined
}

function functionOption<T extends (...args: never[]) => unknown> (right: string): OptionCheck<T | undefined> {
  return accepted((given): given is T => typeof given === 'function', right)
}

function namedCircuits (): OptionCheck<Readonly<Record<string, CircuitBreakerSettings>>> {
  const one = circuitBreakerOptions.nested()
  return {
    read (given, path, refuse) {
      if (given === undefined) return {}
      if (typeof given !== 'object' || given === null || Array.isArray(given)) return refuse(path, given, 'give an object of options by name')
      return Object.freeze(Object.fromEntries(Object.entries(given).map(([name, options]) => {
        if (name === '' || name.length > MAX_NAME_LENGTH) refuse(path, name, `give names of 1 to ${MAX_NAME_LENGTH} characters`)
        return [name, one.read(options, `${path}.${name}`, refuse)]
      })))
    }
  }
}
