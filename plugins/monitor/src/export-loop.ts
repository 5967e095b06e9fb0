import { mergeTotals, messageOf, totalOf } from '@plimsoll/core'
import type { Clock, Frame, JournalEvent, TrafficTotals } from '@plimsoll/core'
import type { Exporter } from './exporter.ts'
import { summarize } from './summary.ts'

export interface ExportLoopPorts {
  readonly clock: Pick<Clock, 'after'>
  readonly journal: { record (event: JournalEvent): void }
}

/** What was collected and is not exported. */
interface Pending {
  readonly from: number
  to: number
  /** Milliseconds of frames since the last try. */
  length: number
  totals: TrafficTotals
}

const NOTHING: Pending = { from: 0, to: 0, length: 0, totals: { routes: [], upstreams: [], figures: [] } }

/**
 * Gives an exporter the figures of each interval. What could not be exported is merged into the next summary: nothing is
 * lost, and however long the receiver is away there is one summary to be kept.
 */
export class ExportLoop {
  readonly #exporter: Exporter
  readonly #ports: ExportLoopPorts
  #pending: Pending | undefined
  #running: AbortController | undefined
  #failing = false
  #exported = 0
  #failures = 0

  constructor (exporter: Exporter, ports: ExportLoopPorts) {
    this.#exporter = exporter
    this.#ports = ports
  }

  /** Summaries that were taken. */
  get exported (): number { return this.#exported }

  get failures (): number { return this.#failures }

  /** Of core's frames, each. */
  add (frame: Frame): void {
    const pending = this.#pending ??= { ...NOTHING, from: frame.at - frame.window }
    pending.to = frame.at
    pending.length += frame.window
    pending.totals = mergeTotals([pending.totals, frame])
    if (pending.length < this.#exporter.intervalMs || this.#running !== undefined) return
    this.#pending = undefined
    this.#run(frame.instance, pending)
  }

  close (): void { this.#running?.abort() }

  async #run (instance: string, pending: Pending): Promise<void> {
    const { from, to, totals } = pending
    const running = new AbortController()
    this.#running = running
    const late = Promise.withResolvers<never>()
    running.signal.addEventListener('abort', () => late.reject(new Error('no answer in time')))
    const timer = this.#ports.clock.after(this.#exporter.intervalMs, () => running.abort())
    try {
      const summary = summarize(totals, totalOf(totals.routes.map(({ classes }) => classes)), { from, to, instance })
      await Promise.race([this.#exporter.export(summary, running.signal), late.promise])
      this.#succeeded()
    } catch (error) {
      this.#failed(error)
      // Tried again after a whole interval, not at each frame.
      const since: Pending = this.#pending ?? { ...NOTHING, to }
      this.#pending = { from, to: since.to, length: since.length, totals: mergeTotals([totals, since.totals]) }
    } finally {
      timer.cancel()
      this.#running = undefined
    }
  }

  #succeeded (): void {
    this.#exported++
    if (this.#failing) this.#record('export-resumed', 'info', `${this.#exporter.name} takes figures again; none were lost`)
    this.#failing = false
  }

  /** Said once an outage. */
  #failed (error: unknown): void {
    this.#failures++
    if (!this.#failing) this.#record('export-failed', 'warning', `${this.#exporter.name} did not take the figures (${messageOf(error)}); they are kept and come with the next`)
    this.#failing = true
  }

  #record (event: string, severity: 'info' | 'warning', message: string): void {
    this.#ports.journal.record({ component: 'monitor', event, severity, message })
  }
}
