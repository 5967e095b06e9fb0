import { STALE_AFTER_MS } from '../rule.ts'
import type { ResolvedRule, Severity } from '../rule.ts'
import { errorRateSpike } from './error-rate-spike.ts'
import { latencyThreshold } from './latency-threshold.ts'
import { memoryLeak } from './memory-leak.ts'
import { rpsDrop } from './rps-drop.ts'
import { RUNBOOKS } from './runbooks.ts'
import { circuitBreakerOpen, connectionPoolExhaustion, eventLoopStall, gcPause, memoryUsage, notifierDead } from './threshold-rules.ts'
import type { NotifierFigures } from './threshold-rules.ts'

export type BuiltInRuleName =
  'latency-threshold' | 'rps-drop' | 'memory-leak' | 'memory-usage' | 'gc-pause' | 'error-rate-spike' |
  'circuit-breaker-open' | 'connection-pool-exhaustion' | 'event-loop-stall' | 'notifier-dead'

export interface RuleDefaults {
  readonly severity: Severity
  readonly threshold: number
  /** Of the threshold, with its bounds, for the tunable. */
  readonly unit: string
  readonly min: number
  readonly max: number
  readonly forMs: number
  readonly keepFiringForMs: number
  readonly coolDownMs: number
}

const MEGABYTE = 2 ** 20

/** Frozen before the held-out traces were made; see test/faults/alerts.ts. */
export const RULE_DEFAULTS: Readonly<Record<BuiltInRuleName, RuleDefaults>> = {
  'latency-threshold': { severity: 'critical', threshold: 2, unit: 'times the usual P99', min: 1.1, max: 100, forMs: 30_000, keepFiringForMs: 180_000, coolDownMs: 60_000 },
  'rps-drop': { severity: 'warning', threshold: 0.2, unit: 'share of the expected requests', min: 0.05, max: 1, forMs: 60_000, keepFiringForMs: 180_000, coolDownMs: 60_000 },
  'memory-leak': { severity: 'warning', threshold: 10 * MEGABYTE, unit: 'bytes an hour', min: MEGABYTE, max: 1024 * MEGABYTE, forMs: 120_000, keepFiringForMs: 600_000, coolDownMs: 300_000 },
  'memory-usage': { severity: 'warning', threshold: 0.8, unit: 'share of the nearest limit', min: 0.1, max: 1, forMs: 60_000, keepFiringForMs: 60_000, coolDownMs: 60_000 },
  'gc-pause': { severity: 'warning', threshold: 100, unit: 'milliseconds', min: 5, max: 10_000, forMs: 0, keepFiringForMs: 180_000, coolDownMs: 60_000 },
  'error-rate-spike': { severity: 'critical', threshold: 0.05, unit: 'share of served requests', min: 0.001, max: 1, forMs: 15_000, keepFiringForMs: 180_000, coolDownMs: 60_000 },
  'circuit-breaker-open': { severity: 'critical', threshold: 0, unit: 'open breakers', min: 0, max: 0, forMs: 0, keepFiringForMs: 60_000, coolDownMs: 120_000 },
  'connection-pool-exhaustion': { severity: 'warning', threshold: 0.9, unit: 'share in use', min: 0.1, max: 1, forMs: 30_000, keepFiringForMs: 60_000, coolDownMs: 60_000 },
  'event-loop-stall': { severity: 'critical', threshold: 200, unit: 'milliseconds', min: 20, max: 60_000, forMs: 0, keepFiringForMs: 180_000, coolDownMs: 60_000 },
  'notifier-dead': { severity: 'critical', threshold: 60_000, unit: 'milliseconds', min: 1000, max: 86_400_000, forMs: 0, keepFiringForMs: 0, coolDownMs: 300_000 }
}

export const BUILT_IN_RULES: readonly BuiltInRuleName[] = [
  'latency-threshold', 'rps-drop', 'memory-leak', 'memory-usage', 'gc-pause', 'error-rate-spike',
  'circuit-breaker-open', 'connection-pool-exhaustion', 'event-loop-stall', 'notifier-dead'
]

/** Of one rule; what it does not read is left at 0. */
export interface RuleSettings {
  readonly severity: Severity
  /** Moved by a tunable. */
  threshold: number
  readonly forMs: number
  readonly keepFiringForMs: number
  readonly coolDownMs: number
  readonly absoluteMs: number | undefined
  readonly minExcessMs: number
  readonly minRequests: number
  readonly relearnAfterMs: number
  readonly minDataMs: number
}

/** Makes a built-in rule; its threshold is read from `settings` at each evaluation. */
export function builtInRule (name: BuiltInRuleName, settings: RuleSettings, notifiers: () => readonly NotifierFigures[]): ResolvedRule {
  const { severity, forMs, keepFiringForMs, coolDownMs } = settings
  return { name, severity, forMs, keepFiringForMs, coolDownMs, staleAfterMs: STALE_AFTER_MS, runbook: RUNBOOKS[name], evaluate: evaluatorOf(name, settings, notifiers) }
}

function evaluatorOf (name: BuiltInRuleName, settings: RuleSettings, notifiers: () => readonly NotifierFigures[]): ResolvedRule['evaluate'] {
  switch (name) {
    case 'latency-threshold': return latencyThreshold(settings)
    case 'rps-drop': return rpsDrop(settings)
    case 'memory-leak': return memoryLeak(settings)
    case 'memory-usage': return memoryUsage(settings)
    case 'gc-pause': return gcPause(settings)
    case 'error-rate-spike': return errorRateSpike(settings)
    case 'circuit-breaker-open': return circuitBreakerOpen()
    case 'connection-pool-exhaustion': return connectionPoolExhaustion(settings)
    case 'event-loop-stall': return eventLoopStall(settings)
    case 'notifier-dead': return notifierDead(settings, notifiers)
  }
}
