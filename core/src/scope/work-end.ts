import type { RawResponse } from '../raw.ts'
import type { ScopeRecord } from './scope-record.ts'

/**
 * Ends the work of a settled request when its handler ends or destroys the dead response. 'prefinish' doesn't tell: it
 * is not emitted for HTTP/2, nor for a pipelined response whose turn never came.
 */
export function trapEndOfWork (scope: ScopeRecord): void {
  for (const method of ['end', 'destroy'] as const) {
    const original = scope.res[method]
    Object.defineProperty(scope.res, method, {
      configurable: true,
      writable: true,
      value: function trapped (this: unknown, ...args: unknown[]): unknown {
        try {
          return Reflect.apply(original, this, args)
        } finally {
          scope.endWork()
        }
      }
    })
  }
}

/** Makes writing to an ended response do nothing; it would be an unhandled 'error' otherwise. */
export function silence (res: RawResponse): void {
  Object.defineProperties(res, {
    write: { configurable: true, writable: true, value: () => true },
    end: { configurable: true, writable: true, value: () => res }
  })
}
