import type { Core, MetricSource } from '@plimsoll/core'
import { AppFigures } from './app-figures.ts'
import type { Counter, Gauge, Timer } from './app-figures.ts'
import { ClassicBuckets } from './classic-buckets.ts'
import { ExportLoop } from './export-loop.ts'
import type { MonitorSettings } from './options.ts'
import { RequestMonitor } from './request-monitor.ts'
import { UpstreamMonitor } from './upstream-monitor.ts'

/** What an application sees of it: timers, counters and gauges of its own, beside those of its routes. */
export class Monitor {
  /** Of the application's routes. */
  readonly requests: RequestMonitor
  /** Of calls through undici. */
  readonly upstreams: UpstreamMonitor
  readonly figures: AppFigures
  readonly exports: readonly ExportLoop[]
  readonly #watchUpstreams: boolean

  constructor (core: Core, settings: MonitorSettings, enabled: boolean) {
    const buckets = new ClassicBuckets(settings.buckets)
    this.requests = new RequestMonitor(core, { ...settings, buckets, enabled })
    this.upstreams = new UpstreamMonitor(core.clock, buckets)
    this.figures = new AppFigures({ clock: core.clock, prefix: settings.figurePrefix, buckets, register: (source: MetricSource) => core.metrics.register(source) })
    this.exports = settings.exporters.map((exporter) => new ExportLoop(exporter, core))
    this.#watchUpstreams = settings.upstreams
    this.setEnabled(enabled)
  }

  get enabled (): boolean { return this.requests.enabled }

  /** Off, requests and calls are not counted; the application's own figures are. */
  setEnabled (enabled: boolean): void {
    this.requests.enabled = enabled
    this.upstreams.close()
    if (enabled && this.#watchUpstreams) this.upstreams.open()
  }

  /**
   * A timer by its name, which is its name in Prometheus as well (`app_<name>_seconds`); made at the first call.
   * @throws PLM_MONITOR_INVALID_FIGURE, PLM_CORE_REGISTRATION_INVALID
   */
  timer (name: string, help?: string): Timer { return this.figures.timer(name, help) }

  /** A counter by its name (`app_<name>_total`). @throws as {@link timer} */
  counter (name: string, help?: string): Counter { return this.figures.counter(name, help) }

  /** A gauge by its name (`app_<name>`). @throws as {@link timer} */
  gauge (name: string, help?: string): Gauge { return this.figures.gauge(name, help) }

  close (): void {
    this.upstreams.close()
    for (const loop of this.exports) loop.close()
  }
}
