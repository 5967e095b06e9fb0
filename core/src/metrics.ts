import { setImmediate } from 'node:timers/promises'
import { boundedText, messageOf } from './bounded-json.ts'
import type { Clock } from './clock.ts'
import { CollectedMetric } from './collected-metric.ts'
import type { Journal } from './journal.ts'
import type { MetricRegistry } from './metric-registry.ts'
import { RegistryMetric } from './metric-registry.ts'
import type { MetricSource } from './metric-source.ts'
import { checkMetric } from './metric-source.ts'
import { RegistrationError } from './operator-errors.ts'
import { prometheusText } from './prometheus-text.ts'

/** Metrics at a time. */
export const MAX_METRICS = 1000

// The loop is given back after so long; a slice ends after the series it is at.
const SLICE_MS = 2
const CHUNK_LENGTH = 65_536
const MAX_REGISTRIES = 10

/** All metrics of the process. Recording costs their owners a number in a typed array; everything here happens at a scrape. */
export class Metrics {
  readonly #clock: Clock
  readonly #journal: Journal
  readonly #turn: () => Promise<unknown>
  readonly #sources: Map<string, MetricSource> = new Map()
  readonly #failed: WeakSet<MetricSource> = new WeakSet()
  readonly #registries: Set<MetricRegistry> = new Set()
  #droppedSeries = 0
  #failures = 0

  /** `turn` gives the event loop a turn; setImmediate unless a test says otherwise. */
  constructor ({ clock, journal, turn = setImmediate }: { readonly clock: Clock, readonly journal: Journal, readonly turn?: () => Promise<unknown> }) {
    this.#clock = clock
    this.#journal = journal
    this.#turn = turn
    this.register({ name: 'plimsoll_core_metric_dropped_series_total', type: 'counter', help: 'Series left out of scrapes: above 10,000 of one metric, malformed, or reported twice', collect: (report) => report.value(this.#droppedSeries) })
    this.register({ name: 'plimsoll_core_metric_failures_total', type: 'counter', help: 'Metrics left out of scrapes because reading them threw', collect: (report) => report.value(this.#failures) })
  }

  /**
   * Returns the way out.
   * @throws PLM_CORE_REGISTRATION_INVALID for a bad or taken name, or one metric too many
   */
  register (source: MetricSource): () => void {
    checkMetric(source)
    if (this.#sources.has(source.name)) throw new RegistrationError(`metric ${source.name} exists already; report the series of all instances from one source`)
    if (this.#sources.size >= MAX_METRICS) throw new RegistrationError(`metric ${source.name} would be number ${MAX_METRICS + 1} of at most ${MAX_METRICS}; use labels`)
    for (const registry of this.#registries) registry.registerMetric(new RegistryMetric(source))
    this.#sources.set(source.name, source)
    return () => {
      if (this.#sources.get(source.name) !== source) return
      this.#sources.delete(source.name)
      for (const registry of this.#registries) registry.removeSingleMetric?.(source.name)
    }
  }

  /**
   * Prometheus text in pieces. The loop gets a turn every 2 ms, and whenever the reader is slower than that; each series
   * is read in one go, and a metric that does not report in steps as a whole.
   */
  async * render (): AsyncGenerator<string> {
    let text = ''
    let sliceEnd = this.#clock.now() + SLICE_MS
    for (const source of [...this.#sources.values()]) {
      // Nothing interrupts the reading of a metric that is read as a whole: one begins early in a slice, or in the next.
      if (this.#clock.now() > sliceEnd - SLICE_MS / 2) {
        await this.#turn()
        sliceEnd = this.#clock.now() + SLICE_MS
      }
      for (const piece of this.#textOf(source)) {
        text += piece
        const expired = this.#clock.now() >= sliceEnd
        if (!expired && text.length < CHUNK_LENGTH) continue
        yield text
        text = ''
        if (expired) await this.#turn()
        // Also after a mere yield: a slow reader may have kept us for seconds.
        sliceEnd = expired ? this.#clock.now() + SLICE_MS : sliceEnd
      }
    }
    yield text
  }

  /**
   * Adds every metric, present and future, to the application's registry. Its way of rendering is its own: one block.
   * Returns the way out.
   * @throws PLM_CORE_REGISTRATION_INVALID above 10 registries, and what the registry throws for a name that it has
   */
  bindTo (registry: MetricRegistry): () => void {
    if (this.#registries.size >= MAX_REGISTRIES) throw new RegistrationError(`metrics go to at most ${MAX_REGISTRIES} registries`)
    for (const source of this.#sources.values()) registry.registerMetric(new RegistryMetric(source))
    this.#registries.add(registry)
    return () => {
      this.#registries.delete(registry)
      for (const name of this.#sources.keys()) registry.removeSingleMetric?.(name)
    }
  }

  * #textOf (source: MetricSource): Generator<string> {
    try {
      const collected = new CollectedMetric(source)
      yield * prometheusText(collected)
      this.#droppedSeries += collected.dropped
    } catch (error) {
      this.#failures++
      // Said once: a scrape comes every few seconds.
      if (this.#failed.has(source)) return
      this.#failed.add(source)
      this.#journal.record({ component: 'core', event: 'metric-failed', severity: 'warning', message: `metric ${source.name} could not be read: ${boundedText(messageOf(error), 300)}` })
    }
  }
}
