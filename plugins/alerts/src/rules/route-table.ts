import type { Frame, RouteFigures } from '@plimsoll/core'

/** Routes that are judged each by itself; of more, the first ones seen. */
export const MAX_ROUTES = 500

/** What a rule remembers of each route, bounded. */
export class RouteTable<T> {
  readonly #make: () => T
  readonly #routes: Map<string, T> = new Map()

  constructor (make: () => T) {
    this.#make = make
  }

  /** Every route known by now, with its figures where the frame has some. */
  * of (frame: Frame): Generator<readonly [name: string, memory: T, figures: RouteFigures | undefined]> {
    const seen = new Map<string, RouteFigures>()
    for (const figures of frame.routes) {
      const name = `${figures.method} ${figures.route}`
      seen.set(name, figures)
      if (!this.#routes.has(name) && this.#routes.size < MAX_ROUTES) this.#routes.set(name, this.#make())
    }
    for (const [name, memory] of this.#routes) yield [name, memory, seen.get(name)]
  }
}

/** The second that a frame belongs to, by the monotonic clock. */
export function secondOf (frame: Frame): number { return Math.round(frame.clock / 1000) }
