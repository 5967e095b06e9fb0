import { createHistogram } from 'node:perf_hooks'
import { LatencyHistogram, LatencyWindow, mergeBuckets, quantileOf } from '@plimsoll/core'
import type { Buckets } from '@plimsoll/core'
import { distributions } from '../../core/test/frames/distributions.ts'
import { judge, percent } from '../overload/row.ts'
import type { Row } from '../overload/row.ts'

const VALUES = 200_000
const INSTANCES = 7
const QUANTILES = [0.5, 0.9, 0.95, 0.99, 0.999]
const MOST = 0.016
// As in fastify-metrics and prom-client: Prometheus interpolates in classic buckets.
const CLASSIC_MS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000]

/** How far percentiles are from those of an exact sort, on eight distributions; whether merging changes a bit. */
export function percentileRows (): Row[] {
  const rows = Object.entries(distributions(VALUES, 11)).map(([name, values]) => {
    const sorted = values.toSorted((a, b) => a - b)
    const buckets = bucketsOf(values)
    const native = createHistogram()
    for (const ms of values) native.record(Math.max(1, Math.round(ms * 1000)))
    const worst = (estimate: (q: number) => number): number => Math.max(...QUANTILES.map((q) => errorOf(estimate(q), sorted[Math.ceil(q * VALUES) - 1] ?? NaN)))
    const own = worst((q) => quantileOf(buckets, q))
    return {
      section: 'percentiles',
      what: `${name}: worst of P50 … P99.9 against an exact sort`,
      figure: percent(own, 2),
      peers: { 'perf_hooks createHistogram': percent(worst((q) => native.percentile(q * 100) / 1000), 2), 'classic buckets, interpolated': percent(worst((q) => interpolated(sorted, q)), 0) },
      target: `<= ${percent(MOST)} or 1 µs`,
      noise: '',
      verdict: judge(own, { atMost: MOST }, 0)
    } satisfies Row
  })
  return [...rows, mergeRow()]
}

/** 0 within a microsecond. */
function errorOf (estimate: number, exact: number): number {
  const off = Math.abs(estimate - exact)
  return off <= 0.001 ? 0 : off / exact
}

function mergeRow (): Row {
  let equal = 0
  const all = Object.values(distributions(VALUES, 12))
  for (const values of all) {
    const parts = Array.from({ length: INSTANCES }, (_, instance) => bucketsOf(values.filter((_value, i) => i % INSTANCES === instance)))
    if (JSON.stringify(mergeBuckets(parts)) === JSON.stringify(bucketsOf(values))) equal++
  }
  return { section: 'percentiles', what: `merge of ${INSTANCES} instances bit-equal to one that was given all`, figure: `${equal} of ${all.length} distributions`, peers: {}, target: 'all', noise: '', verdict: equal === all.length ? 'pass' : 'miss' }
}

function bucketsOf (values: readonly number[]): Buckets {
  const histogram = new LatencyHistogram()
  for (const ms of values) histogram.record(ms)
  return new LatencyWindow(histogram).next().buckets
}

/** histogram_quantile() of Prometheus. */
function interpolated (sorted: readonly number[], q: number): number {
  const rank = q * sorted.length
  let below = 0
  let from = 0
  for (const bound of CLASSIC_MS) {
    const upTo = sorted.findLastIndex((ms) => ms <= bound) + 1
    if (upTo >= rank) return from + (bound - from) * (rank - below) / (upTo - below)
    below = upTo
    from = bound
  }
  return from
}
