import { OUTCOME_CLASSES } from '@plimsoll/core'
import type { ClassFigures, ClassTable, OutcomeClass, TrafficTotals } from '@plimsoll/core'

/** What came to routes and upstreams. */
export type Traffic = Pick<TrafficTotals, 'routes' | 'upstreams'>

/** Routes, and upstreams, that are told apart; what is more is counted under `(other)`. */
const MAX_SERIES = 2_000

/**
 * A sum that frames are added to one by one, in the time that the frame alone takes: with a hundred instances, merging
 * all that came before each time would be too slow. The same buckets as of one histogram of all values.
 */
export class TrafficSum {
  readonly #routes = new Map<string, { readonly method: string, readonly route: string, readonly classes: ClassSums }>()
  readonly #upstreams = new Map<string, { readonly origin: string, readonly classes: ClassSums }>()

  add ({ routes, upstreams }: Traffic): void {
    for (const { method, route, classes } of routes) {
      const [key, label] = this.#fits(this.#routes, `${method} ${route}`) ? [`${method} ${route}`, { method, route }] : [OTHER_ROUTE, { method: '*', route: OTHER }]
      addClasses(obtain(this.#routes, key, () => ({ ...label, classes: {} })).classes, classes)
    }
    for (const { origin, classes } of upstreams) {
      const key = this.#fits(this.#upstreams, origin) ? origin : OTHER
      addClasses(obtain(this.#upstreams, key, () => ({ origin: key, classes: {} })).classes, classes)
    }
  }

  totals (): Traffic {
    return {
      routes: Array.from(this.#routes.values(), ({ method, route, classes }) => ({ method, route, classes: tableOf(classes) })),
      upstreams: Array.from(this.#upstreams.values(), ({ origin, classes }) => ({ origin, classes: tableOf(classes) }))
    }
  }

  #fits (series: ReadonlyMap<string, unknown>, key: string): boolean { return series.has(key) || series.size < MAX_SERIES - 1 }
}

const OTHER = '(other)'
const OTHER_ROUTE = `* ${OTHER}`

interface ClassSum extends Record<'count' | 'time' | 'requestBytes' | 'responseBytes', number> {
  /** Count by bucket. */
  readonly buckets: Map<number, number>
}

type ClassSums = { [C in OutcomeClass]?: ClassSum }

function addClasses (sums: ClassSums, classes: ClassTable): void {
  for (const name of OUTCOME_CLASSES) {
    const figures = classes[name]
    if (figures === undefined) continue
    const sum = sums[name] ??= { count: 0, time: 0, requestBytes: 0, responseBytes: 0, buckets: new Map() }
    sum.count += figures.count
    sum.time += figures.time
    sum.requestBytes += figures.requestBytes
    sum.responseBytes += figures.responseBytes
    for (let i = 0; i < figures.buckets.length; i += 2) {
      const bucket = figures.buckets[i]!
      sum.buckets.set(bucket, (sum.buckets.get(bucket) ?? 0) + figures.buckets[i + 1]!)
    }
  }
}

function tableOf (sums: ClassSums): ClassTable {
  const table: { [C in OutcomeClass]?: ClassFigures } = {}
  for (const name of OUTCOME_CLASSES) {
    const sum = sums[name]
    if (sum !== undefined) table[name] = { ...sum, buckets: [...sum.buckets].sort(([a], [b]) => a - b).flat() }
  }
  return table
}

function obtain<T> (map: Map<string, T>, key: string, make: () => T): T {
  const found = map.get(key) ?? make()
  map.set(key, found)
  return found
}
