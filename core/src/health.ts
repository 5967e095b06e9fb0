import { boundedText, messageOf } from './bounded-json.ts'
import type { Clock, ClockTimer } from './clock.ts'
import type { Components } from './components.ts'
import { labelOf } from './components.ts'
import type { Journal } from './journal.ts'
import { RegistrationError } from './operator-errors.ts'

/** The application's own condition for readiness, such as a database that answers. `false` or a rejection is "not ready". */
export type ReadinessCheck = (signal: AbortSignal) => boolean | void | Promise<boolean | void>

export interface HealthReport {
  /** The process answers. A restart is the cure when it doesn't, so nothing but that counts. */
  readonly live: boolean
  /** New requests may be sent here: not draining, no component `failing`, every readiness check passed at its last run. */
  readonly ready: boolean
  /** Something is worse than it should be; traffic is still served. Shedding is here, never in `ready`. */
  readonly degraded: boolean
  /** At most 100. */
  readonly reasons: readonly HealthReason[]
}

export interface HealthReason {
  /** `kind/name` of a component, `check/<name>` or `life-cycle`. */
  readonly component: string
  readonly status: 'degraded' | 'failing'
  readonly reason: string
}

/** Readiness checks at a time. */
export const MAX_READINESS_CHECKS = 50

const REPORT_AGE_MS = 1000
const MAX_REASONS = 100

interface Checked {
  readonly label: string
  readonly check: ReadinessCheck
  /** `undefined`: passed. */
  fault: string | undefined
  running: boolean
  timeout: ClockTimer | undefined
}

/**
 * What health probes are told: recomputed at most once a second however often they ask, and without waiting for
 * anybody. Readiness checks run by a timer of their own, never for a probe: a probe under load would multiply the load
 * on what it asks about.
 */
export class Health {
  readonly #clock: Clock
  readonly #components: Components
  readonly #journal: Journal
  readonly #lifeCycle: { readonly ready: boolean }
  readonly #intervalMs: number
  readonly #timeoutMs: number
  readonly #checks: Map<string, Checked> = new Map()
  #timer: ClockTimer | undefined
  #started = false
  #report: HealthReport = { live: true, ready: false, degraded: false, reasons: [] }
  #reportAt: number = -Infinity

  /** `lifeCycle.ready` is read at every probe: the first probe after a SIGTERM already hears "not ready". */
  constructor ({ clock, components, journal, lifeCycle, checkIntervalMs = 5000, checkTimeoutMs = 2000 }: {
    readonly clock: Clock
    readonly components: Components
    readonly journal: Journal
    readonly lifeCycle: { readonly ready: boolean }
    /** Milliseconds between two runs of a readiness check. @default 5000 */
    readonly checkIntervalMs?: number
    /** Milliseconds after which a readiness check counts as failed. @default 2000 */
    readonly checkTimeoutMs?: number
  }) {
    this.#clock = clock
    this.#components = components
    this.#journal = journal
    this.#lifeCycle = lifeCycle
    this.#intervalMs = checkIntervalMs
    this.#timeoutMs = checkTimeoutMs
  }

  /**
   * Adds a readiness check, which counts as failed until it has passed once. Returns the way out.
   * @throws PLM_CORE_REGISTRATION_INVALID for a name that is taken, or one check too many
   */
  addCheck (name: string, check: ReadinessCheck): () => void {
    if (this.#checks.has(name)) throw new RegistrationError(`a readiness check ${boundedText(name, 64)} exists already`)
    if (this.#checks.size >= MAX_READINESS_CHECKS) throw new RegistrationError(`at most ${MAX_READINESS_CHECKS} readiness checks`)
    const checked: Checked = { label: `check/${boundedText(name, 64)}`, check, fault: 'not run yet', running: false, timeout: undefined }
    this.#checks.set(name, checked)
    this.#forget()
    if (this.#started) this.#begin()
    return () => {
      if (this.#checks.get(name) !== checked) return
      this.#checks.delete(name)
      this.#forget()
    }
  }

  /** Begins to run the readiness checks. Without any there is no timer. */
  start (): void {
    this.#started = true
    this.#begin()
  }

  close (): void {
    this.#started = false
    this.#timer?.cancel()
    this.#timer = undefined
    for (const { timeout } of this.#checks.values()) timeout?.cancel()
  }

  /** Cheap enough for every probe. */
  get ready (): boolean { return this.#lifeCycle.ready && this.report.ready }

  get report (): HealthReport {
    const now = this.#clock.now()
    if (now - this.#reportAt >= REPORT_AGE_MS || (this.#report.ready && !this.#lifeCycle.ready)) {
      this.#reportAt = now
      this.#report = this.#compute()
    }
    return this.#report
  }

  #compute (): HealthReport {
    const reasons: HealthReason[] = []
    if (!this.#lifeCycle.ready) reasons.push({ component: 'life-cycle', status: 'failing', reason: 'not taking new requests: the application is starting, draining or closed' })
    for (const { label, fault } of this.#checks.values()) {
      if (fault !== undefined) reasons.push({ component: label, status: 'failing', reason: fault })
    }
    for (const component of this.#components.list()) {
      const { status, reason = 'no reason given' } = this.#components.healthOf(component)
      if (status !== 'ok') reasons.push({ component: labelOf(component), status, reason })
    }
    const ready = reasons.every(({ status }) => status !== 'failing')
    return { live: true, ready, degraded: reasons.length > 0, reasons: reasons.slice(0, MAX_REASONS) }
  }

  #begin (): void {
    if (this.#checks.size === 0) return
    this.#timer ??= this.#clock.every(this.#intervalMs, () => this.#runChecks())
    this.#runChecks()
  }

  #runChecks (): void {
    for (const checked of this.#checks.values()) {
      // One that ignores its signal and hangs is not started again on top of itself, and stays failed.
      if (!checked.running) this.#runCheck(checked)
    }
  }

  async #runCheck (checked: Checked): Promise<void> {
    checked.running = true
    const abort = new AbortController()
    checked.timeout = this.#clock.after(this.#timeoutMs, () => {
      this.#conclude(checked, `no answer within ${this.#timeoutMs} ms`)
      abort.abort()
    })
    let fault: string | undefined
    try {
      if (await checked.check(abort.signal) === false) fault = 'the check said no'
    } catch (error) {
      fault = boundedText(messageOf(error), 500)
    }
    checked.timeout.cancel()
    checked.running = false
    // After a timeout the late answer says nothing about now; the next run will.
    if (!abort.signal.aborted) this.#conclude(checked, fault)
  }

  #conclude (checked: Checked, fault: string | undefined): void {
    if (checked.fault === fault) return
    const first = checked.fault === 'not run yet' && fault === undefined
    checked.fault = fault
    this.#forget()
    if (first) return
    this.#journal.record(fault === undefined
      ? { component: checked.label, event: 'check-passed', message: 'the readiness check passes again' }
      : { component: checked.label, event: 'check-failed', severity: 'warning', message: `the readiness check failed: ${fault}` })
  }

  #forget (): void { this.#reportAt = -Infinity }
}
