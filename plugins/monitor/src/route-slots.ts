import type { RouteRecord } from '@plimsoll/core'

export interface RouteLabel {
  readonly method: string
  readonly route: string
}

const UNMATCHED = 0
const OTHER = 1

/**
 * A slot for each method of each route that was asked for, by the dense numbers of core's route table. Never by a URL: a
 * million of them change nothing.
 */
export class RouteSlots {
  readonly #labels: RouteLabel[] = [{ method: '*', route: '(unmatched)' }, { method: '*', route: '(other)' }]
  readonly #firsts: Array<number | undefined> = []
  readonly #capacity: number

  /** @param capacity slots at most, the two for unknown paths and for the rest included */
  constructor (capacity: number) {
    this.#capacity = capacity
  }

  /** Slots in use. */
  get size (): number { return this.#labels.length }

  labelOf (slot: number): RouteLabel { return this.#labels[slot]! }

  slotOf (route: RouteRecord | undefined, method: string | undefined): number {
    if (route === undefined) return UNMATCHED
    const first = this.#firsts[route.id] ?? this.#place(route)
    if (first === OTHER || route.methods.length === 1 || method === undefined) return first
    return first + Math.max(0, route.methods.indexOf(method))
  }

  #place ({ id, methods, url }: RouteRecord): number {
    const fits = this.#labels.length + methods.length <= this.#capacity
    const first = fits ? this.#labels.length : OTHER
    this.#firsts[id] = first
    if (fits) for (const method of methods) this.#labels.push({ method, route: url })
    return first
  }
}
