import type { AlertRecord } from './alert-record.ts'

/** While an alert of the source fires on an instance, alerts of the target on that instance are not notified by themselves: it is their cause. */
export interface Inhibition {
  readonly source: string
  readonly target: string
  /** Labels that both have to have, with equal values. @default [] */
  readonly equal?: readonly string[]
}

/** What explains what, out of the box. */
export const DEFAULT_INHIBITIONS: readonly Inhibition[] = [
  { source: 'circuit-breaker-open', target: 'error-rate-spike' },
  { source: 'event-loop-stall', target: 'latency-threshold' },
  { source: 'gc-pause', target: 'latency-threshold' },
  { source: 'connection-pool-exhaustion', target: 'latency-threshold' }
]

/** The firing alert that explains this one. */
export function inhibitorOf (record: AlertRecord, firing: readonly AlertRecord[], inhibitions: readonly Inhibition[]): AlertRecord | undefined {
  for (const { source, target, equal = [] } of inhibitions) {
    if (target !== record.rule) continue
    const found = firing.find(other => other.rule === source && other.instance === record.instance && equal.every(label => other.labels[label] === record.labels[label]))
    if (found !== undefined) return found
  }
  return undefined
}
