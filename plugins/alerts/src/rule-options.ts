import { integer, number, oneOf, optionSpec } from '@plimsoll/core'
import type { OptionCheck, OptionSpec } from '@plimsoll/core'
import { InvalidOptionError } from './errors.ts'
import type { Severity } from './rule.ts'
import { RULE_DEFAULTS } from './rules/built-in-rules.ts'
import type { BuiltInRuleName, RuleSettings } from './rules/built-in-rules.ts'

/** Of every built-in rule; `false` instead of it switches the rule off. */
export interface RuleOptions {
  /** In the unit of the rule; see the README's table. */
  readonly threshold?: number
  readonly severity?: Severity
  /** Milliseconds for which the condition has to hold. */
  readonly forMs?: number
  /** Milliseconds for which the alert goes on firing after the condition has ended. */
  readonly keepFiringForMs?: number
  /** Milliseconds after a notification in which the same alert, having come back, is not notified anew. */
  readonly coolDownMs?: number
}

export interface TrafficRuleOptions extends RuleOptions {
  /** Requests in a minute, below which nothing is said. @default 20 (error-rate-spike), 30 */
  readonly minRequests?: number
}

export interface LatencyRuleOptions extends TrafficRuleOptions {
  /** Judge by this P99 in milliseconds instead of the usual one. @default none */
  readonly absoluteMs?: number
  /** Milliseconds above the usual P99 that are never too slow. @default 20 */
  readonly minExcessMs?: number
  /** Milliseconds after which a latency that stays is taken for the usual. @default 3600000 */
  readonly relearnAfterMs?: number
}

export interface LeakRuleOptions extends RuleOptions {
  /** Milliseconds of data that it takes. @default 1800000 */
  readonly minDataMs?: number
}

export interface RulesOptions extends Readonly<Partial<Record<Exclude<BuiltInRuleName, 'latency-threshold' | 'rps-drop' | 'error-rate-spike' | 'memory-leak'>, RuleOptions | false>>> {
  readonly 'latency-threshold'?: LatencyRuleOptions | false
  readonly 'rps-drop'?: TrafficRuleOptions | false
  readonly 'error-rate-spike'?: TrafficRuleOptions | false
  readonly 'memory-leak'?: LeakRuleOptions | false
}

export type RulesSettings = Readonly<Record<BuiltInRuleName, Readonly<RuleSettings> | false>>

const SEVERITIES: readonly Severity[] = ['info', 'warning', 'critical']
const DAY_MS = 86_400_000

type Checks = { readonly [K in keyof RuleSettings]: OptionCheck<RuleSettings[K]> }
type Own = 'absoluteMs' | 'minExcessMs' | 'minRequests' | 'relearnAfterMs' | 'minDataMs'
/** What a rule does not have, it has by this value, and refuses to be given. */
const ABSENT = { absoluteMs: undefined, minExcessMs: 0, minRequests: 0, relearnAfterMs: 0, minDataMs: 0 } as const

const minRequests = (usual: number): OptionCheck<number> => integer({ min: 1, max: 1_000_000, default: usual })
const milliseconds = (usual: number): OptionCheck<number> => integer({ min: 0, max: 30 * DAY_MS, default: usual })

const OWN: { readonly [N in BuiltInRuleName]?: Partial<Pick<Checks, Own>> } = {
  'latency-threshold': { absoluteMs: number({ min: 0.001, max: DAY_MS }), minExcessMs: number({ min: 0, max: DAY_MS, default: 20 }), minRequests: minRequests(30), relearnAfterMs: milliseconds(3_600_000) },
  'rps-drop': { minRequests: minRequests(30) },
  'error-rate-spike': { minRequests: minRequests(20) },
  'memory-leak': { minDataMs: integer({ min: 30_000, max: DAY_MS, default: 1_800_000 }) }
}

function ruleOption (name: BuiltInRuleName): OptionCheck<Readonly<RuleSettings> | false> {
  const { threshold, severity, forMs, keepFiringForMs, coolDownMs, min, max } = RULE_DEFAULTS[name]
  const common = {
    threshold: number({ min, max, default: threshold }),
    severity: oneOf(SEVERITIES, { default: severity }),
    forMs: milliseconds(forMs),
    keepFiringForMs: milliseconds(keepFiringForMs),
    coolDownMs: milliseconds(coolDownMs)
  }
  const spec = optionSpec<RuleOptions, Omit<RuleSettings, Own>>(InvalidOptionError, { ...common, ...OWN[name] }).nested()
  return {
    read: (given, path, refuse) => given === false ? false : { ...ABSENT, ...spec.read(given, path, refuse) },
    show: (value) => value === false ? false : { ...value, absoluteMs: value.absoluteMs ?? null }
  }
}

export const rulesOption: OptionSpec<RulesOptions, RulesSettings> = optionSpec<RulesOptions, RulesSettings>(InvalidOptionError, {
  'latency-threshold': ruleOption('latency-threshold'),
  'rps-drop': ruleOption('rps-drop'),
  'memory-leak': ruleOption('memory-leak'),
  'memory-usage': ruleOption('memory-usage'),
  'gc-pause': ruleOption('gc-pause'),
  'error-rate-spike': ruleOption('error-rate-spike'),
  'circuit-breaker-open': ruleOption('circuit-breaker-open'),
  'connection-pool-exhaustion': ruleOption('connection-pool-exhaustion'),
  'event-loop-stall': ruleOption('event-loop-stall'),
  'notifier-dead': ruleOption('notifier-dead')
})
