import type { MetricSource } from '@plimsoll/core'
import type { Alerts } from './alerts.ts'
import type { DeliveryQueue } from './delivery-queue.ts'

/** The figures, read at a scrape. */
export function alertsMetrics (alerts: Alerts): readonly MetricSource[] {
  return [
    {
      name: 'plimsoll_alerts_firing_alerts',
      help: 'Alerts of this instance that fire',
      type: 'gauge',
      labels: ['rule', 'severity'],
      collect (report) {
        const firing = alerts.firing()
        for (const { name, severity } of alerts.states()) report.value(firing.filter(({ rule }) => rule === name).length, name, severity)
      }
    },
    {
      name: 'plimsoll_alerts_rule_state',
      help: '1 for the state that a rule is in',
      type: 'gauge',
      labels: ['rule', 'state'],
      collect (report) { for (const { name, state } of alerts.states()) report.value(1, name, state) }
    },
    byRule('fired_alerts_total', 'Alerts of this instance that have fired', () => alerts.counts.fired),
    byRule('rule_failures_total', 'Evaluations that threw', () => alerts.counts.failures),
    { name: 'plimsoll_alerts_dropped_findings_total', help: 'Findings beyond 100 alerts of one rule', type: 'counter', collect: report => report.value(alerts.dropped) },
    { name: 'plimsoll_alerts_speaking_state', help: '1 while this instance notifies for all, 0.5 while only for itself', type: 'gauge', collect: report => report.value(VOICES[alerts.voice]) },
    byNotifier(alerts, 'queued_notifications', 'gauge', 'Notifications that wait to be taken', ({ queued }) => queued),
    byNotifier(alerts, 'delivered_notifications_total', 'counter', 'Notifications that were taken', ({ stats }) => stats.delivered),
    byNotifier(alerts, 'failed_attempts_total', 'counter', 'Attempts to notify that failed', ({ stats }) => stats.failed),
    byNotifier(alerts, 'dropped_notifications_total', 'counter', 'Notifications given up: refused for good, or the oldest of a full queue', ({ stats }) => stats.dropped),
    byNotifier(alerts, 'notifier_failing_seconds', 'gauge', 'Time since the first of the attempts that have failed in a row', ({ failingForMs }) => failingForMs / 1000)
  ]
}

const VOICES = { all: 1, itself: 0.5, none: 0 } as const

function byRule (name: string, help: string, read: () => ReadonlyMap<string, number>): MetricSource {
  return { name: `plimsoll_alerts_${name}`, help, type: 'counter', labels: ['rule'], collect: report => { for (const [rule, count] of read()) report.value(count, rule) } }
}

function byNotifier ({ queues }: Alerts, name: string, type: 'counter' | 'gauge', help: string, read: (queue: DeliveryQueue) => number): MetricSource {
  return { name: `plimsoll_alerts_${name}`, help, type, labels: ['notifier'], collect: report => { for (const queue of queues) report.value(read(queue), queue.notifier.name) } }
}
