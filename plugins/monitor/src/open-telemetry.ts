import type { Meter, Span } from '@opentelemetry/api'
import type { MetricRegistry } from '@plimsoll/core'
import { OpenTelemetryMissingError } from './errors.ts'

/** As much of `@opentelemetry/api` as is used here; the package may be missing. */
export interface OpenTelemetryApi {
  readonly metrics: { getMeter (name: string): Meter }
  readonly trace: { getActiveSpan (): Span | undefined }
}

type BatchCallback = Parameters<Meter['addBatchObservableCallback']>[0]

const HISTOGRAM_PARTS = ['_count', '_sum', '_bucket']

/** What core registers, as its registries see it. */
interface RegisteredMetric {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  get (): Promise<{ readonly values: ReadonlyArray<{ readonly value: number, readonly labels: Readonly<Record<string, string>>, readonly metricName?: string }> }>
}

/**
 * Loads the application's `@opentelemetry/api`, whose provider says where the figures go.
 * @throws PLM_MONITOR_OPENTELEMETRY_MISSING
 */
export async function loadOpenTelemetry (load: () => Promise<OpenTelemetryApi> = async () => await import('@opentelemetry/api')): Promise<OpenTelemetryApi> {
  try {
    return await load()
  } catch (cause) {
    throw new OpenTelemetryMissingError({ cause })
  }
}

/**
 * Shows core's metrics, those of every plugin, as asynchronous instruments of the same names and labels; of a histogram
 * `_count`, `_sum` and `_bucket` are counters each, since the API takes no histogram that was counted elsewhere. They are
 * read when the application's SDK reads them, and cost nothing in between.
 */
export class OpenTelemetryRegistry implements MetricRegistry {
  readonly #meter: Meter
  readonly #leave: Map<string, () => void> = new Map()

  constructor ({ metrics }: Pick<OpenTelemetryApi, 'metrics'>) {
    this.#meter = metrics.getMeter('@plimsoll/monitor')
  }

  registerMetric (given: { get (): Promise<unknown> }): void {
    if (!isRegistered(given)) return
    const { name, help: description, type } = given
    const parts = type === 'histogram' ? HISTOGRAM_PARTS : ['']
    const instruments = new Map(parts.map((part) => [name + part, type === 'gauge'
      ? this.#meter.createObservableGauge(name, { description })
      : this.#meter.createObservableCounter(name + part, { description })]))
    // One callback for all parts, so that they agree.
    const callback: BatchCallback = async (result) => {
      const { values } = await given.get()
      for (const [part, instrument] of instruments) {
        for (const { value, labels, metricName = name } of values) if (metricName === part) result.observe(instrument, value, labels)
      }
    }
    const all = [...instruments.values()]
    this.#meter.addBatchObservableCallback(callback, all)
    this.#leave.set(name, () => this.#meter.removeBatchObservableCallback(callback, all))
  }

  removeSingleMetric (name: string): void {
    this.#leave.get(name)?.()
    this.#leave.delete(name)
  }
}

function isRegistered (metric: object): metric is RegisteredMetric {
  return 'name' in metric && 'help' in metric && 'type' in metric
}
