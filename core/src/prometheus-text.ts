import type { CollectedMetric, Series } from './collected-metric.ts'

/** Of the format that every Prometheus reads. */
export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/**
 * Prometheus text exposition of one metric, a series at a time as they are collected: the caller decides when to pause.
 * Format: https://prometheus.io/docs/instrumenting/exposition_formats/
 * @throws whatever the metric's `collect` throws
 */
export function * prometheusText (metric: CollectedMetric): Generator<string> {
  const { name, help, type, labels = [], bounds = [] } = metric.source
  let heading = `# HELP ${name} ${help.replace(/[\\\n]/g, escaped)}\n# TYPE ${name} ${type}\n`
  for (const series of metric.collect()) {
    for (const one of series) {
      const pairs = one.labelValues.map((value, i) => `${labels[i]}="${value.replace(/[\\\n"]/g, escaped)}"`).join()
      yield heading + (one.counts === undefined ? `${name}${braced(pairs)} ${numeral(one.value)}\n` : histogramText(name, pairs, bounds, one, one.counts))
      heading = ''
    }
  }
}

/** Cumulated bucket counts as Prometheus wants them, one for each bound and the last for all. */
export function cumulated (counts: readonly number[]): { readonly totals: readonly number[], readonly count: number } {
  let count = 0
  const totals = counts.map((own) => (count += own))
  return { totals, count }
}

/** The `le` label of bucket `i`. */
export function upperBound (bounds: readonly number[], i: number): string {
  return numeral(bounds[i] ?? Infinity)
}

function histogramText (name: string, pairs: string, bounds: readonly number[], { value }: Series, counts: readonly number[]): string {
  const before = pairs === '' ? '' : `${pairs},`
  const { totals, count } = cumulated(counts)
  let text = ''
  for (let i = 0; i < totals.length; i++) text += `${name}_bucket{${before}le="${upperBound(bounds, i)}"} ${totals[i]}\n`
  return `${text}${name}_sum${braced(pairs)} ${numeral(value)}\n${name}_count${braced(pairs)} ${count}\n`
}

function braced (pairs: string): string { return pairs === '' ? '' : `{${pairs}}` }

function numeral (value: number): string {
  if (value === Infinity) return '+Inf'
  return value === -Infinity ? '-Inf' : String(value)
}

function escaped (character: string): string { return character === '\n' ? '\\n' : `\\${character}` }
