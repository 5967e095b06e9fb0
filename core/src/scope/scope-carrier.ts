import type { RequestScope } from '../request-scope.ts'

/** Where the scope is kept: registered globally, so that a second installed copy of core finds it too. */
export const SCOPE: unique symbol = Symbol.for('@plimsoll/core.scope')

/** What may carry a scope: the request and, since its 'close' is what tells of the end, an HTTP/2 stream. */
export interface ScopeCarrier<S extends RequestScope> {
  readonly destroyed: boolean
  [SCOPE]?: S
}

/** What is known to carry one. */
export interface ScopeHolder<S extends RequestScope> {
  readonly [SCOPE]: S
}
