import { createHash } from 'node:crypto'
import type { Labels, Severity } from './rule.ts'

/** An alert that fires or has fired, of one instance; plain JSON, as the instances tell it one another and receivers see it. */
export interface AlertRecord {
  /** Of rule and labels, the same on every instance and after every restart: what receivers deduplicate by. */
  readonly fingerprint: string
  readonly rule: string
  readonly severity: Severity
  readonly labels: Labels
  readonly instance: string
  readonly status: 'firing' | 'resolved'
  /** Milliseconds since the Unix epoch. */
  readonly startsAt: number
  readonly endsAt: number | null
  readonly value: number | null
  readonly threshold: number | null
  readonly summary: string
}

const MAX_TEXT = 500
const MAX_LABELS = 10
const MAX_LABEL = 200
const SEVERITIES: readonly Severity[] = ['info', 'warning', 'critical']
const PROTOTYPE_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

/** 16 hexadecimal digits of what identifies something. */
export function fingerprintOf (...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)
}

/** Bounded, without prototype keys, in a fixed order: equal labels are equal texts. */
export function boundedLabels (labels: unknown): Labels {
  if (typeof labels !== 'object' || labels === null) return {}
  const entries = Object.entries(labels).filter(([name]) => !PROTOTYPE_KEYS.has(name)).slice(0, MAX_LABELS)
  return Object.fromEntries(entries.map(([name, value]) => [cut(name, MAX_LABEL), cut(String(value), MAX_LABEL)]).sort(([a = ''], [b = '']) => a < b ? -1 : 1))
}

export function cut (text: string, length: number = MAX_TEXT): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}

/** What another instance has told, or `undefined` where it is no such thing: the store is not trusted. */
export function readRecord (value: unknown): AlertRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { fingerprint, rule, severity, labels, instance, status, startsAt, endsAt, value: figure, threshold, summary }: Partial<Record<keyof AlertRecord, unknown>> = value
  const known = SEVERITIES.find(one => one === severity)
  if (typeof fingerprint !== 'string' || !/^[0-9a-f]{16}$/.test(fingerprint) || known === undefined) return undefined
  if (typeof rule !== 'string' || typeof instance !== 'string' || typeof startsAt !== 'number') return undefined
  if (status !== 'firing' && status !== 'resolved') return undefined
  return {
    fingerprint,
    rule: cut(rule, MAX_LABEL),
    severity: known,
    labels: boundedLabels(labels),
    instance: cut(instance, MAX_LABEL),
    status,
    startsAt,
    endsAt: numberOrNull(endsAt),
    value: numberOrNull(figure),
    threshold: numberOrNull(threshold),
    summary: typeof summary === 'string' ? cut(summary) : ''
  }
}

function numberOrNull (value: unknown): number | null { return typeof value === 'number' ? value : null }
