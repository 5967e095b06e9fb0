import { CollectedMetric } from './collected-metric.ts'
import type { Series } from './collected-metric.ts'
import type { MetricSource } from './metric-source.ts'
import { cumulated, upperBound } from './prometheus-text.ts'

/**
 * The application's own registry, by structure: prom-client's `Registry`, that of its successor
 * `@prometheus-io/client`, and whatever else has these.
 */
export interface MetricRegistry {
  registerMetric (metric: { get (): Promise<unknown> }): void
  removeSingleMetric? (name: string): void
}

interface RegistryValue {
  readonly value: number
  readonly labels: Readonly<Record<string, string>>
  readonly metricName?: string
}

/** One of our metrics in the clothes that such a registry expects. */
export class RegistryMetric {
  // The registry writes it: OpenMetrics names counters without `_total`.
  name: string
  readonly help: string
  readonly type: MetricSource['type']
  readonly aggregator = 'sum'
  readonly #source: MetricSource

  constructor (source: MetricSource) {
    this.name = source.name
    this.help = source.help
    this.type = source.type
    this.#source = source
  }

  /** Called by the registry at every scrape. A source that throws has no values in it. */
  async get (): Promise<{ readonly name: string, readonly help: string, readonly type: string, readonly aggregator: string, readonly values: readonly RegistryValue[] }> {
    return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values: this.#values() }
  }

  /** Registries call it to clear themselves; our numbers belong to their owners. */
  reset (): void {}

  #values (): readonly RegistryValue[] {
    const { labels: names = [], bounds = [] } = this.#source
    const values: RegistryValue[] = []
    for (const { labelValues, value, counts } of collectOrNothing(this.#source)) {
      const labels = Object.fromEntries(labelValues.map((value, i) => [names[i], value]))
      if (counts === undefined) {
        values.push({ value, labels })
        continue
      }
      const { totals, count } = cumulated(counts)
      totals.forEach((total, i) => values.push({ value: total, labels: { ...labels, le: upperBound(bounds, i) }, metricName: `${this.name}_bucket` }))
      values.push({ value, labels, metricName: `${this.name}_sum` }, { value: count, labels, metricName: `${this.name}_count` })
    }
    return values
  }
}

function collectOrNothing (source: MetricSource): readonly Series[] {
  try {
    return Array.from(new CollectedMetric(source).collect()).flat()
  } catch {
    return []
  }
}
