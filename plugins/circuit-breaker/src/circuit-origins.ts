import type { CircuitBreaker } from './circuit-breaker.ts'
import type { DispatchOptions } from './undici-dispatch.ts'

/** Of one circuit: those that were seen first. */
const MAX_ORIGINS = 5
const MAX_LENGTH = 256

const NONE: readonly string[] = []

/** Where the calls of circuits go whose names don't tell: those with a name of their own, by tenant, by operation. */
export class CircuitOrigins {
  readonly #origins = new WeakMap<CircuitBreaker, string[]>()

  note (breaker: CircuitBreaker, { origin = '' }: DispatchOptions): void {
    const text = typeof origin === 'string' ? origin : origin.origin
    const known = this.#origins.get(breaker)
    if (known === undefined ? text === breaker.name : known.includes(text) || known.length >= MAX_ORIGINS) return
    if (text === '' || text.length > MAX_LENGTH) return
    if (known === undefined) this.#origins.set(breaker, [text])
    else known.push(text)
  }

  of (breaker: CircuitBreaker): readonly string[] { return this.#origins.get(breaker) ?? NONE }
}
