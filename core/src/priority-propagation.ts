import { PRIORITY_HEADER } from './priorities.ts'
import { PRIORITIES, PRIORITY_RANK } from './priority.ts'
import type { RequestScope } from './request-scope.ts'

export const DEADLINE_HEADER = 'x-deadline-ms'

export interface PriorityInterceptorOptions {
  /**
   * Where the scope of the request that is being served comes from, unless the call has an option `scope` of its own:
   * an `AsyncLocalStorage`, which costs every request something and is therefore never made by core.
   *
   * @default none: without a scope nothing is added
   */
  readonly storage?: { getStore (): RequestScope | undefined }
  /** @default 'x-priority' */
  readonly header?: string
  /** Milliseconds that are left to answer this request; `undefined` where it has no deadline. @default none has */
  readonly remaining?: (scope: RequestScope) => number | undefined
  /** @default 'x-deadline-ms' */
  readonly deadlineHeader?: string
}

/** What is looked at of undici's dispatch options. */
export interface Dispatched {
  readonly headers?: unknown
  /** The scope that this call is made for: `undici.request(url, { dispatcher, scope })`. */
  readonly scope?: RequestScope
}

export type PriorityInterceptor = <O extends object, H>(dispatch: (options: O, handler: H) => boolean) => (options: O, handler: H) => boolean

/**
 * An interceptor for undici's `dispatcher.compose()`: passes the class of the request that is being served, and the time
 * that is left for it, on to the services that are called for it. For agents of one's own services. A header that the
 * call has already stays. `system` is passed on as `critical`, since no header can claim it.
 *
 * The scope must have been classified: by a gate, by core's hook, or by `core.priorities.classify(scope)`.
 */
export function priorityInterceptor ({ storage, header = PRIORITY_HEADER, remaining, deadlineHeader = DEADLINE_HEADER }: PriorityInterceptorOptions = {}): PriorityInterceptor {
  return (dispatch) => (options, handler) => {
    const { scope = storage?.getStore(), headers }: Dispatched = options
    if (scope === undefined) return dispatch(options, handler)
    const added = new Map<string, string>([[header, scope.priority === PRIORITY_RANK.system ? 'critical' : PRIORITIES[scope.priority]]])
    const left = remaining?.(scope)
    if (left !== undefined) added.set(deadlineHeader, String(Math.max(0, Math.floor(left))))
    return dispatch({ ...options, headers: withHeaders(headers, added) }, handler)
  }
}

/** In each of the shapes that undici takes: names and values in turn, pairs, or an object. */
function withHeaders (given: unknown, added: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(given)) {
    const names = new Set(given.filter((_, index) => index % 2 === 0).map(name => String(name).toLowerCase()))
    return [...given, ...[...added].filter(([name]) => !names.has(name)).flat()]
  }
  if (typeof given !== 'object' || given === null) return Object.fromEntries(added)
  const entries: ReadonlyArray<readonly [unknown, unknown]> = isPairs(given) ? [...given] : Object.entries(given)
  const names = new Set(entries.map(([name]) => String(name).toLowerCase()))
  return Object.fromEntries([...entries, ...[...added].filter(([name]) => !names.has(name))])
}

function isPairs (given: object): given is Iterable<readonly [unknown, unknown]> { return Symbol.iterator in given }
