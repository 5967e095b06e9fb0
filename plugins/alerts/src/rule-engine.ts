import type { Frame } from '@plimsoll/core'
import { Alert } from './alert.ts'
import type { AlertState } from './alert.ts'
import { boundedLabels, cut, fingerprintOf } from './alert-record.ts'
import type { AlertRecord } from './alert-record.ts'
import type { Finding, Findings, ResolvedRule } from './rule.ts'

/** Alerts of one rule at a time; of more findings, those that are active and come first. */
export const MAX_ALERTS_PER_RULE = 100

export interface RuleState {
  readonly name: string
  readonly severity: AlertRecord['severity']
  /** Of its most advanced alert; `no-data` where the rule could not tell. */
  readonly state: AlertState | 'no-data'
  readonly value: number | null
  readonly threshold: number | null
}

export interface RuleEnginePorts {
  readonly rules: readonly ResolvedRule[]
  readonly instance: string
  /** Told of each alert that fires or is resolved. */
  readonly changed: (record: AlertRecord) => void
  /** Told of what a rule throws. */
  readonly failed: (rule: ResolvedRule, error: unknown) => void
}

interface Tracked {
  readonly rule: ResolvedRule
  readonly alert: Alert
  readonly fingerprint: string
  readonly labels: AlertRecord['labels']
  startsAt: number
}

interface Watched {
  readonly rule: ResolvedRule
  readonly alerts: Map<string, Tracked>
  last: Finding | undefined
  noData: boolean
  dropped: number
}

/** Asks every rule of every frame, and leads each alert through its states. No I/O, no timers: driven by frames. */
export class RuleEngine {
  readonly #watched: readonly Watched[]
  readonly #ports: RuleEnginePorts

  constructor (ports: RuleEnginePorts) {
    this.#ports = ports
    this.#watched = ports.rules.map(rule => ({ rule, alerts: new Map(), last: undefined, noData: true, dropped: 0 }))
  }

  /** Findings that had no room. */
  get dropped (): number { return this.#watched.reduce((sum, { dropped }) => sum + dropped, 0) }

  step (frame: Frame): void {
    for (const watched of this.#watched) {
      const findings = this.#ask(watched.rule, frame)
      watched.noData = findings === undefined
      if (findings === undefined) this.#withoutData(watched, frame)
      else this.#found(watched, findings, frame)
    }
  }

  /** Every alert that fires. */
  firing (): AlertRecord[] {
    return this.#watched.flatMap(({ alerts }) => [...alerts.values()].filter(({ alert }) => alert.firing).map(tracked => this.#record(tracked, null)))
  }

  states (): RuleState[] {
    return this.#watched.map(({ rule, alerts, last, noData }) => {
      const foremost = [...alerts.values()].sort((a, b) => RANK[b.alert.state] - RANK[a.alert.state])[0]
      const state = foremost?.alert.state ?? 'inactive'
      const { value, threshold } = foremost?.alert.finding ?? last ?? {}
      return { name: rule.name, severity: rule.severity, state: noData && (state === 'inactive' || state === 'resolved') ? 'no-data' : state, value: value ?? null, threshold: threshold ?? null }
    })
  }

  /** Ends everything that fires, and says in its summary why: nothing may have got better. */
  retire (at: number, why: string): void {
    for (const { alerts } of this.#watched) {
      for (const tracked of alerts.values()) {
        if (!tracked.alert.firing) continue
        const record = this.#record(tracked, at)
        this.#ports.changed({ ...record, summary: cut(`${why}; until then: ${record.summary}`) })
      }
      alerts.clear()
    }
  }

  #ask (rule: ResolvedRule, frame: Frame): readonly Finding[] | undefined {
    try {
      return listOf(rule.evaluate(frame))
    } catch (error) {
      this.#ports.failed(rule, error)
      return undefined
    }
  }

  #withoutData ({ alerts }: Watched, frame: Frame): void {
    for (const [key, tracked] of alerts) this.#step(alerts, key, tracked, undefined, frame)
  }

  #found (watched: Watched, findings: readonly Finding[], frame: Frame): void {
    const { alerts } = watched
    const seen = new Set<string>()
    watched.last = findings[0]
    for (const finding of findings) {
      const labels = boundedLabels(finding.labels)
      const key = JSON.stringify(labels)
      if (seen.has(key)) continue
      const tracked = alerts.get(key) ?? (finding.active ? this.#track(watched, key, labels) : undefined)
      if (tracked === undefined) continue
      seen.add(key)
      this.#step(alerts, key, tracked, finding, frame)
    }
    for (const [key, tracked] of alerts) if (!seen.has(key)) this.#step(alerts, key, tracked, { ...tracked.alert.finding, active: false }, frame)
  }

  #track (watched: Watched, key: string, labels: AlertRecord['labels']): Tracked | undefined {
    const { rule, alerts } = watched
    if (alerts.size >= MAX_ALERTS_PER_RULE) {
      watched.dropped++
      return undefined
    }
    const tracked: Tracked = { rule, alert: new Alert(rule), fingerprint: fingerprintOf(rule.name, key), labels, startsAt: 0 }
    alerts.set(key, tracked)
    return tracked
  }

  #step (alerts: Map<string, Tracked>, key: string, tracked: Tracked, finding: Finding | undefined, frame: Frame): void {
    const transition = tracked.alert.step(frame.clock, finding)
    if (transition === 'firing') tracked.startsAt = frame.at
    if (transition === 'firing' || transition === 'resolved') this.#ports.changed(this.#record(tracked, transition === 'resolved' ? frame.at : null))
    // What is over is told and forgotten.
    if (tracked.alert.state === 'inactive' || tracked.alert.state === 'resolved') alerts.delete(key)
  }

  #record ({ rule, alert, fingerprint, labels, startsAt }: Tracked, endsAt: number | null): AlertRecord {
    const { value, threshold, summary } = alert.finding
    return {
      fingerprint,
      rule: rule.name,
      severity: rule.severity,
      labels,
      instance: this.#ports.instance,
      status: endsAt === null ? 'firing' : 'resolved',
      startsAt,
      endsAt,
      value: value ?? null,
      threshold: threshold ?? null,
      summary: cut(summary ?? `${rule.name} holds`)
    }
  }
}

const RANK: Readonly<Record<AlertState, number>> = { inactive: 0, resolved: 1, pending: 2, 'kept-firing': 3, firing: 4 }

function listOf (findings: Findings): readonly Finding[] | undefined {
  if (findings === undefined) return undefined
  if (typeof findings === 'boolean') return [{ active: findings }]
  return isList(findings) ? findings : [findings]
}

function isList (findings: Finding | readonly Finding[]): findings is readonly Finding[] { return Array.isArray(findings) }
