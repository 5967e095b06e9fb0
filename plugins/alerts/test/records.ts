import type { AlertRecord } from '../src/alert-record.ts'
import type { Notification } from '../src/notification.ts'
import { makeNotification } from '../src/notification.ts'

export function record (change: Partial<AlertRecord> = {}): AlertRecord {
  const { status = 'firing' } = change
  return { fingerprint: '0123456789abcdef', rule: 'mails', severity: 'warning', labels: {}, instance: 'a', startsAt: 1, endsAt: status === 'firing' ? null : 9, value: 2, threshold: 1, summary: 'two mails wait', ...change, status }
}

export function notification (change: Partial<Parameters<typeof makeNotification>[0]> = {}): Notification {
  return makeNotification({ service: 'shop', group: { rule: 'mails' }, status: 'firing', alerts: [record()], repeat: 0, explains: [], runbook: 'Look.', sender: 'a', ...change })
}
