import type { Clock } from '@plimsoll/core'
import { AlertGroup, keyOf } from './alert-group.ts'
import type { Decision, GroupTiming, Told } from './alert-group.ts'
import type { AlertRecord } from './alert-record.ts'
import type { DeliveryQueue } from './delivery-queue.ts'
import { inhibitorOf } from './inhibition.ts'
import type { Inhibition } from './inhibition.ts'
import { groupFingerprint, makeNotification, SEVERITY_RANK } from './notification.ts'
import type { Notification } from './notification.ts'
import type { ResolvedRule } from './rule.ts'
import type { Silences } from './silences.ts'

export interface DispatcherPorts {
  readonly clock: Clock
  readonly service: string
  readonly instance: string
  readonly rules: ReadonlyMap<string, ResolvedRule>
  readonly timing: GroupTiming
  /** Labels that alerts notified together have in common; `rule` and `instance` are labels here as well. */
  readonly groupBy: readonly string[]
  readonly inhibitions: readonly Inhibition[]
  readonly silences: Silences
  readonly queues: ReadonlyArray<Pick<DeliveryQueue, 'notifier' | 'push' | 'clear'>>
  /** Whose alerts this instance speaks of at this moment. */
  readonly voice: () => 'all' | 'itself' | 'none'
  /** Everybody took it: the next leader need not say it again. */
  readonly told: (group: string, told: Told) => void
}

/** Groups at a time; alerts of one more are notified with the group they would make anew once there is room. */
const MAX_GROUPS = 1000
const MAX_COOLING = 2000
const NOTHING_TOLD: Told = { alerts: [], repeat: 0, over: [] }

/**
 * Decides who is told what and when: groups, silences, inhibition, cool-down, reminders, and that only one instance
 * speaks. The instance that comes to speak goes on from what the last one is known to have told: what was not
 * delivered by then is told again, so everything is told at least once.
 */
export class Dispatcher {
  readonly #ports: DispatcherPorts
  readonly #groups: Map<string, AlertGroup> = new Map()
  readonly #records: Map<string, AlertRecord> = new Map()
  readonly #toldLog: Map<string, Told> = new Map()
  /** When an alert was last notified, by instance and fingerprint. */
  readonly #cooling: Map<string, number> = new Map()
  #voice: 'all' | 'itself' | 'none' = 'none'
  #firing: readonly AlertRecord[] = []

  constructor (ports: DispatcherPorts) {
    this.#ports = ports
  }

  /** Alerts of all instances that fire, as far as is known here. */
  firing (): AlertRecord[] { return [...this.#records.values()] }

  update (record: AlertRecord): void {
    if (record.status === 'firing') this.#records.set(keyOf(record), record)
    else this.#records.delete(keyOf(record))
    this.#groupOf(record)?.update(record)
  }

  /** Nothing is heard of an alert any more, and its end was not told: its instance is gone. */
  gone (instance: string, fingerprint: string): void {
    const record = this.#records.get(keyOf({ instance, fingerprint }))
    if (record !== undefined) this.update({ ...record, status: 'resolved', endsAt: this.#ports.clock.wallTime(), summary: `nothing is heard of ${record.instance} any more` })
  }

  /** What the instance that leads has told of a group. */
  recall (fingerprint: string, told: Told | undefined): void {
    if (told === undefined) this.#toldLog.delete(fingerprint)
    else this.#keep(fingerprint, told)
    this.#groups.get(fingerprint)?.recall(this.#ports.clock.now(), told ?? NOTHING_TOLD)
  }

  /** To be called every second. */
  tick (): void {
    const { clock, queues, voice } = this.#ports
    const now = clock.now()
    const before = this.#voice
    this.#voice = voice()
    if (before !== this.#voice) this.#voiceChanged(now)
    if (this.#voice === 'none' || queues.length === 0) return
    this.#firing = this.firing()
    for (const [fingerprint, group] of this.#groups) {
      const decision = group.decide(now, (record, told) => this.#hushed(record, told, now))
      if (decision !== undefined) this.#notify(fingerprint, group, decision, now)
      if (group.over) this.#groups.delete(fingerprint)
    }
  }

  /** Sends a notification that says that it is a test, to one notifier or all; returns their names. */
  test (notifier: string | undefined, by: string): string[] {
    const { clock, instance, queues } = this.#ports
    const now = clock.wallTime()
    const record: AlertRecord = { fingerprint: '0000000000000000', rule: 'test', severity: 'critical', labels: {}, instance, status: 'firing', startsAt: now, endsAt: null, value: null, threshold: null, summary: `${by} tests the notifiers; there is nothing to do` }
    const notification = this.#make({ rule: 'test' }, { status: 'firing', alerts: [record], repeat: 0 }, true)
    const asked = queues.filter(queue => notifier === undefined || queue.notifier.name === notifier)
    for (const queue of asked) queue.push(notification)
    return asked.map(queue => queue.notifier.name)
  }

  #groupOf (record: AlertRecord): AlertGroup | undefined {
    const labels = Object.fromEntries(this.#ports.groupBy.map(label => [label, labelOf(record, label)]))
    const fingerprint = groupFingerprint(this.#ports.service, labels)
    const known = this.#groups.get(fingerprint)
    if (known !== undefined || this.#groups.size >= MAX_GROUPS) return known
    const group = new AlertGroup(labels, this.#ports.timing)
    group.recall(this.#ports.clock.now(), this.#toldLog.get(fingerprint) ?? NOTHING_TOLD)
    this.#groups.set(fingerprint, group)
    return group
  }

  /** What waits in the queues of an instance that does not speak any more is said by the next. */
  #voiceChanged (now: number): void {
    if (this.#voice === 'none') for (const queue of this.#ports.queues) queue.clear()
    for (const [fingerprint, group] of this.#groups) group.recall(now, this.#toldLog.get(fingerprint) ?? NOTHING_TOLD)
  }

  #hushed (record: AlertRecord, told: boolean, now: number): boolean {
    const { silences, inhibitions, instance, rules } = this.#ports
    if (this.#voice === 'itself' && record.instance !== instance) return true
    if (silences.of(record) !== undefined || inhibitorOf(record, this.#firing, inhibitions) !== undefined) return true
    return !told && record.status === 'firing' && now - (this.#cooling.get(keyOf(record)) ?? -Infinity) < (rules.get(record.rule)?.coolDownMs ?? 0)
  }

  #notify (fingerprint: string, group: AlertGroup, decision: Decision, now: number): void {
    const notification = this.#make(group.labels, decision, false)
    const takers = this.#ports.queues.filter(({ notifier }) => SEVERITY_RANK[notification.severity] >= SEVERITY_RANK[notifier.minSeverity])
    const { told } = group
    if (decision.status === 'firing') for (const record of decision.alerts) this.#cool(keyOf(record), now)
    let open = takers.length
    const done = (): void => { if (--open === 0) this.#remember(fingerprint, told) }
    for (const queue of takers) queue.push(notification, done)
    if (open === 0) this.#remember(fingerprint, told)
  }

  #remember (fingerprint: string, told: Told): void {
    this.#keep(fingerprint, told)
    this.#ports.told(fingerprint, told)
  }

  #keep (fingerprint: string, told: Told): void {
    this.#toldLog.delete(fingerprint)
    this.#toldLog.set(fingerprint, told)
    const [oldest] = this.#toldLog.keys()
    if (this.#toldLog.size > MAX_GROUPS && oldest !== undefined) this.#toldLog.delete(oldest)
  }

  #cool (key: string, now: number): void {
    this.#cooling.delete(key)
    this.#cooling.set(key, now)
    const [oldest] = this.#cooling.keys()
    if (this.#cooling.size > MAX_COOLING && oldest !== undefined) this.#cooling.delete(oldest)
  }

  #make (group: Readonly<Record<string, string>>, decision: Decision, test: boolean): Notification {
    const { service, instance, inhibitions, rules } = this.#ports
    const [first] = decision.alerts
    const explains = this.#firing.filter(record => {
      const inhibitor = inhibitorOf(record, this.#firing, inhibitions)
      return inhibitor !== undefined && decision.alerts.some(alert => keyOf(alert) === keyOf(inhibitor))
    }).map(({ rule }) => rule)
    return makeNotification({ service, group, ...decision, explains: [...new Set(explains)], runbook: (first && rules.get(first.rule)?.runbook) ?? '', sender: instance, test })
  }
}

function labelOf (record: AlertRecord, label: string): string {
  if (label === 'rule') return record.rule
  if (label === 'instance') return record.instance
  if (label === 'severity') return record.severity
  return record.labels[label] ?? ''
}
