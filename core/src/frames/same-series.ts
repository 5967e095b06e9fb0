import { mergeBuckets } from './buckets.ts'
import type { AppFigure } from './frame.ts'

/** What makes two figures those of one route. */
export function routeKey ({ method, route }: { readonly method: string, readonly route: string }): string { return `${method} ${route}` }

export function figureKey ({ name, type }: AppFigure): string { return `${type} ${name}` }

/** Values of one key each, in the order of the keys' first. */
export function groups<T> (values: readonly T[], keyOf: (value: T) => string): ReadonlyArray<[T, ...T[]]> {
  const found = new Map<string, [T, ...T[]]>()
  for (const value of values) {
    const key = keyOf(value)
    const group = found.get(key)
    if (group === undefined) found.set(key, [value])
    else group.push(value)
  }
  return [...found.values()]
}

/** Gauges of several instances are added; of one instance's moments the latest, which is `b`, counts. */
export function addFigures (a: AppFigure, b: AppFigure, gauges: 'sum' | 'latest'): AppFigure {
  const value = a.type === 'gauge' && gauges === 'latest' ? b.value : a.value + b.value
  return { ...a, value, time: a.time + b.time, buckets: mergeBuckets([a.buckets, b.buckets]) }
}
