import { fingerprintOf } from './alert-record.ts'
import type { AlertRecord } from './alert-record.ts'
import type { Severity } from './rule.ts'

/** One message to the person on call: the alerts of one group, of all instances. */
export interface Notification {
  /** Differs whenever the content does; the same when the same thing is sent again. */
  readonly id: string
  /** Of the group: the same for `firing` and `resolved`, from whichever instance it is sent. */
  readonly fingerprint: string
  readonly status: 'firing' | 'resolved'
  readonly service: string
  /** What the alerts have in common, such as `{ rule: 'latency-threshold' }`. */
  readonly group: Readonly<Record<string, string>>
  /** The highest of its alerts. */
  readonly severity: Severity
  /** A line for a small screen. */
  readonly title: string
  /** Milliseconds since the Unix epoch: the first of its alerts. */
  readonly startsAt: number
  /** When the last of them was over; `null` while one fires. */
  readonly endsAt: number | null
  /** 0, and one more with each reminder. */
  readonly repeat: number
  /** At most {@link MAX_LISTED}. */
  readonly alerts: readonly AlertRecord[]
  /** Alerts that are not listed. */
  readonly more: number
  /** Rules whose alerts are not notified by themselves, because this explains them. */
  readonly explains: readonly string[]
  readonly runbook: string
  /** The instance that speaks. */
  readonly sender: string
  readonly test: boolean
}

const MAX_LISTED = 50

export const SEVERITY_RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 }

export interface NotificationParts {
  readonly service: string
  readonly group: Readonly<Record<string, string>>
  readonly status: 'firing' | 'resolved'
  readonly alerts: readonly AlertRecord[]
  readonly repeat: number
  readonly explains: readonly string[]
  readonly runbook: string
  readonly sender: string
  readonly test?: boolean
}

/** @param parts at least one alert */
export function makeNotification ({ service, group, status, alerts, repeat, explains, runbook, sender, test = false }: NotificationParts): Notification {
  const fingerprint = groupFingerprint(service, group)
  const startsAt = Math.min(...alerts.map(alert => alert.startsAt))
  const severity = alerts.reduce<Severity>((highest, alert) => SEVERITY_RANK[alert.severity] > SEVERITY_RANK[highest] ? alert.severity : highest, 'info')
  const content = alerts.map(({ fingerprint, instance, startsAt }) => `${fingerprint} ${instance} ${startsAt}`).sort()
  return {
    id: fingerprintOf(fingerprint, status, String(repeat), ...content),
    fingerprint,
    status,
    service,
    group,
    severity,
    title: titleOf(service, status, alerts, test),
    startsAt,
    endsAt: status === 'firing' ? null : Math.max(...alerts.map(alert => alert.endsAt ?? startsAt)),
    repeat,
    alerts: alerts.slice(0, MAX_LISTED),
    more: Math.max(0, alerts.length - MAX_LISTED),
    explains,
    runbook,
    sender,
    test
  }
}

export function groupFingerprint (service: string, group: Readonly<Record<string, string>>): string {
  return fingerprintOf(service, ...Object.entries(group).flat())
}

function titleOf (service: string, status: 'firing' | 'resolved', alerts: readonly AlertRecord[], test: boolean): string {
  const rules = [...new Set(alerts.map(({ rule }) => rule))].join(', ')
  const instances = new Set(alerts.map(({ instance }) => instance)).size
  return `${test ? '[TEST] ' : ''}[${status === 'firing' ? 'FIRING' : 'RESOLVED'}] ${service}: ${rules}${instances > 1 ? ` on ${instances} instances` : ''}`
}
