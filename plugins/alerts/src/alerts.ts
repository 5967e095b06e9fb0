import type { Core, Frame } from '@plimsoll/core'
import type { AlertRecord } from './alert-record.ts'
import { DeliveryQueue } from './delivery-queue.ts'
import { Dispatcher } from './dispatcher.ts'
import { makeNotifier } from './notifier-options.ts'
import type { AlertsSettings } from './options.ts'
import { RuleEngine } from './rule-engine.ts'
import type { RuleState } from './rule-engine.ts'
import type { ResolvedRule } from './rule.ts'
import type { RuleSettings } from './rules/built-in-rules.ts'
import { chooseRules } from './rule-choice.ts'
import { SharedAlerts } from './shared-alerts.ts'
import { Silences } from './silences.ts'
import type { Silence, SilenceRequest } from './silences.ts'

/** Alerts that are over and kept to be shown. */
const MAX_HISTORY = 100

/** Milliseconds for which what waits is still sent while the application closes. */
const LAST_WORD_MS = 5000

interface Running {
  readonly engine: RuleEngine
  readonly dispatcher: Dispatcher
  readonly shared: SharedAlerts | undefined
}

/** The rules, their alerts, and who is told: state and controls. */
export class Alerts {
  readonly #core: Core
  readonly #settings: AlertsSettings
  readonly #rules: readonly ResolvedRule[]
  readonly #silences: Silences
  readonly #history: AlertRecord[] = []
  readonly #fired: Map<string, number> = new Map()
  readonly #failures: Map<string, number> = new Map()
  #running: Running | undefined
  #unsubscribe: (() => void) | undefined
  #enabled: boolean
  /** Settings of the built-in rules that are on; their thresholds may be moved. */
  readonly ruleSettings: ReadonlyMap<string, RuleSettings>
  /** One to each notifier. */
  readonly queues: readonly DeliveryQueue[]

  constructor (core: Core, settings: AlertsSettings, enabled: boolean) {
    const { clock } = core
    this.#core = core
    this.#settings = settings
    this.#enabled = enabled
    this.#silences = new Silences(clock)
    this.queues = settings.notifiers.map(values => new DeliveryQueue(makeNotifier(values, () => clock.wallTime()), {
      clock,
      dropped: (notification, why) => this.#record('notification-dropped', 'error', `${values.name ?? values.type} was not told of ${notification.title}: ${why}`)
    }))
    const { rules, ruleSettings } = chooseRules(settings, () => this.queues.map(({ notifier, failingForMs, queued, lastError }) => ({ name: notifier.name, failingForMs, queued, lastError })))
    this.#rules = rules
    this.ruleSettings = ruleSettings
  }

  get enabled (): boolean { return this.#enabled }

  /** Whether this instance notifies for all, for itself, or not at all. */
  get voice (): 'all' | 'itself' | 'none' { return this.#running?.shared?.voice ?? 'all' }

  /** Alerts that fire: of this instance, or (`cluster`) of all that are known here. */
  firing ({ cluster = false }: { readonly cluster?: boolean } = {}): readonly AlertRecord[] {
    const own = this.#running?.engine.firing() ?? []
    return cluster && this.queues.length > 0 ? this.#running?.dispatcher.firing() ?? own : own
  }

  /** Alerts of this instance that are over, the last 100, newest first. */
  get history (): readonly AlertRecord[] { return this.#history }

  states (): readonly RuleState[] { return this.#running?.engine.states() ?? [] }

  /** How often each rule has fired, and has thrown. */
  get counts (): { readonly fired: ReadonlyMap<string, number>, readonly failures: ReadonlyMap<string, number> } { return { fired: this.#fired, failures: this.#failures } }

  /** Findings that had no room. */
  get dropped (): number { return this.#running?.engine.dropped ?? 0 }

  silences (): readonly Silence[] { return this.#silences.list() }

  /**
   * Alerts that match are not notified for a while, on no instance.
   * @throws PLM_ALERTS_SILENCE_REFUSED
   */
  silence (request: SilenceRequest): Silence {
    const silence = this.#silences.add(request)
    this.#running?.shared?.silence(silence)
    return silence
  }

  /** @throws PLM_ALERTS_UNKNOWN_SILENCE */
  unsilence (id: string): void {
    this.#silences.remove(id)
    this.#running?.shared?.unsilence(id)
  }

  /** Sends a notification that says that it is a test to the notifier of this name, or to all; returns their names. */
  test (notifier?: string, by: string = 'somebody'): readonly string[] {
    return this.#running?.dispatcher.test(notifier, by) ?? []
  }

  /** Off: nothing is watched, and what fires is taken back. */
  setEnabled (enabled: boolean): void {
    this.#enabled = enabled
    if (this.#running === undefined) return
    if (enabled) this.#watch()
    else this.#unwatch('alerts were switched off')
  }

  /** From core's onReady on. */
  start (): void {
    const shared = this.#share()
    const instance = shared === undefined ? this.#core.frames.instance : this.#core.coordinator.id
    const { service, groupBy, groupWaitMs, groupIntervalMs, repeatIntervalMs, inhibit } = this.#settings
    const dispatcher = new Dispatcher({
      clock: this.#core.clock,
      service,
      instance,
      rules: new Map(this.#rules.map(rule => [rule.name, rule])),
      timing: { groupWaitMs, groupIntervalMs, repeatIntervalMs },
      groupBy,
      inhibitions: inhibit,
      silences: this.#silences,
      queues: this.queues,
      voice: () => this.voice,
      told: (group, told) => shared?.tell(group, told)
    })
    const engine = new RuleEngine({ rules: this.#rules, instance, changed: record => this.#changed(record), failed: (rule, error) => this.#failed(rule, error) })
    this.#running = { engine, dispatcher, shared }
    shared?.start()
    if (this.#enabled) this.#watch()
  }

  /** The last word before the instance leaves: what fires here is over, and what waits is sent. */
  async drain (): Promise<void> {
    this.#unwatch('this instance shuts down')
    const late = Promise.withResolvers<void>()
    const timer = this.#core.clock.after(LAST_WORD_MS, () => late.resolve())
    await Promise.race([late.promise, Promise.all(this.queues.map(queue => queue.drained()))])
    timer.cancel()
    await this.#running?.shared?.settle()
  }

  close (): void {
    this.#running?.shared?.stop()
    const lost = this.queues.reduce((sum, queue) => sum + queue.close(), 0)
    if (lost > 0) this.#record('undelivered', 'error', `${lost} notifications were not delivered when the application closed`)
  }

  /** Only where somebody is to be told, and others could tell the same. */
  #share (): SharedAlerts | undefined {
    if (this.queues.length === 0 || this.#core.coordinator.mode === 'single') return undefined
    const { clock, coordinator } = this.#core
    const shared: SharedAlerts = new SharedAlerts({
      coordinator,
      clock,
      whenIsolated: this.#settings.whenIsolated,
      record: record => this.#running?.dispatcher.update(record),
      gone: (instance, fingerprint) => this.#running?.dispatcher.gone(instance, fingerprint),
      told: (group, told) => this.#running?.dispatcher.recall(group, told),
      silence: (id, silence) => silence === undefined ? this.#silences.drop(id) : this.#silences.put(silence)
    })
    return shared
  }

  #watch (): void {
    this.#unsubscribe ??= this.#core.frames.subscribe(frame => this.#step(frame))
  }

  #unwatch (why: string): void {
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
    this.#running?.engine.retire(this.#core.clock.wallTime(), why)
    this.#running?.dispatcher.tick()
  }

  #step (frame: Frame): void {
    this.#running?.engine.step(frame)
    this.#running?.shared?.tick()
    this.#running?.dispatcher.tick()
  }

  #changed (record: AlertRecord): void {
    const { rule, status, severity, summary } = record
    if (status === 'firing') this.#fired.set(rule, (this.#fired.get(rule) ?? 0) + 1)
    else {
      this.#history.unshift(record)
      this.#history.splice(MAX_HISTORY)
    }
    this.#record(status, status === 'resolved' ? 'info' : severity === 'critical' ? 'error' : severity, `${rule}: ${summary}`, record)
    this.#running?.dispatcher.update(record)
    this.#running?.shared?.publish(record)
  }

  #failed ({ name }: ResolvedRule, error: unknown): void {
    const failures = this.#failures.get(name) ?? 0
    this.#failures.set(name, failures + 1)
    // Said once: it is asked each second.
    if (failures === 0) this.#record('rule-failed', 'error', `rule ${name} threw and counts as without data: ${String(error)}`)
  }

  #record (event: string, severity: 'info' | 'warning' | 'error', message: string, alert?: AlertRecord): void {
    this.#core.journal.record({ component: 'alerts', event, severity, message, ...(alert && { data: { ...alert } }) })
    if (!this.#settings.log) return
    const line = { alert: alert?.rule, fingerprint: alert?.fingerprint, labels: alert?.labels }
    const level = severity === 'warning' ? 'warn' : severity
    this.#core.root.log[level](line, `alerts ${event}: ${message}`)
  }
}
