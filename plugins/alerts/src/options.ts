import { flag, integer, listOf, oneOf, optionSpec, text } from '@plimsoll/core'
import type { OptionCheck, OptionSpec, ResolvedOptions } from '@plimsoll/core'
import { customRuleOption, ruleName } from './custom-rule-option.ts'
import { InvalidOptionError } from './errors.ts'
import { DEFAULT_INHIBITIONS } from './inhibition.ts'
import type { Inhibition } from './inhibition.ts'
import { notifierOption } from './notifier-options.ts'
import type { NotifierOptions, NotifierValues } from './notifier-options.ts'
import { rulesOption } from './rule-options.ts'
import type { RulesOptions, RulesSettings } from './rule-options.ts'
import type { AlertRule, ResolvedRule } from './rule.ts'
import { RULE_DEFAULTS } from './rules/built-in-rules.ts'
import { sloOption } from './slo-options.ts'
import type { SloOptions, SloValues } from './slo-options.ts'

/** Options of the plugin. All may stay out: the built-in rules then write to journal and log. */
export interface AlertsOptions {
  /** `false`, or `alerts` in the environment's `PLIMSOLL_DISABLE`, watches nothing until switched on by control. @default true */
  readonly enabled?: boolean
  /** Name of the service in notifications; the same on all its instances. @default 'service' */
  readonly service?: string
  /** Built-in rules: options of each by name, or `false`. @default {}: all, with the README's thresholds */
  readonly rules?: RulesOptions
  /** Rules of your own, at most 100. @default [] */
  readonly customRules?: readonly AlertRule[]
  /** Objectives whose error budgets are watched by burn rate, at most 20. @default [] */
  readonly slo?: readonly SloOptions[]
  /** Who is told, at most 20. @default []: journal and log only */
  readonly notifiers?: readonly NotifierOptions[]
  /** Write to the application's log what fires and is resolved on this instance. @default true */
  readonly log?: boolean
  /** Labels that alerts notified together have in common: `rule`, `instance`, `severity` and labels of your rules. @default ['rule'] */
  readonly groupBy?: readonly string[]
  /** Milliseconds for which a first notification waits for alerts of the same cause. @default 5000 */
  readonly groupWaitMs?: number
  /** Milliseconds between a notification and one about alerts that have joined the group since. @default 60000 */
  readonly groupIntervalMs?: number
  /** Milliseconds after which what still fires is told again. @default 14400000 (4 h) */
  readonly repeatIntervalMs?: number
  /** Which alerts explain which others, that are then not notified by themselves. @default the README's table */
  readonly inhibit?: readonly Inhibition[]
  /** While the cluster's store is away: every instance speaks for itself (`lead`), or nobody speaks (`follow`). @default 'lead' */
  readonly whenIsolated?: 'lead' | 'follow'
}

export interface AlertsSettings {
  readonly enabled: boolean
  readonly service: string
  readonly rules: RulesSettings
  readonly customRules: readonly ResolvedRule[]
  readonly slo: readonly SloValues[]
  readonly notifiers: readonly NotifierValues[]
  readonly log: boolean
  readonly groupBy: readonly string[]
  readonly groupWaitMs: number
  readonly groupIntervalMs: number
  readonly repeatIntervalMs: number
  readonly inhibit: readonly Inhibition[]
  readonly whenIsolated: 'lead' | 'follow'
}

export type ResolvedAlertsOptions = ResolvedOptions<AlertsSettings>

const DAY_MS = 86_400_000

const inhibitionOption: OptionCheck<Inhibition> = optionSpec<Inhibition, Required<Inhibition>>(InvalidOptionError, {
  source: ruleName,
  target: ruleName,
  equal: listOf(text({ maxLength: 100, default: '' }), { maxLength: 10 })
}).nested()

export const alertsOptions: OptionSpec<AlertsOptions, AlertsSettings> = optionSpec<AlertsOptions, AlertsSettings>(InvalidOptionError, {
  enabled: flag({ default: true }),
  service: text({ maxLength: 100, default: 'service' }),
  rules: rulesOption.nested(),
  customRules: listOf(customRuleOption, { maxLength: 100 }),
  slo: listOf(sloOption, { maxLength: 20 }),
  notifiers: listOf(notifierOption, { maxLength: 20 }),
  log: flag({ default: true }),
  groupBy: withDefault(listOf(text({ maxLength: 100, default: 'rule' }), { maxLength: 10 }), ['rule']),
  groupWaitMs: integer({ min: 0, max: 600_000, default: 5000 }),
  groupIntervalMs: integer({ min: 0, max: DAY_MS, default: 60_000 }),
  repeatIntervalMs: integer({ min: 60_000, max: 7 * DAY_MS, default: 14_400_000 }),
  inhibit: withDefault(listOf(inhibitionOption, { maxLength: 100 }), DEFAULT_INHIBITIONS),
  whenIsolated: oneOf(['lead', 'follow'], { default: 'lead' })
}, ({ customRules, slo, notifiers }) => {
  const rules = repeated([...Object.keys(RULE_DEFAULTS), ...customRules.map(({ name }) => name)])
  if (rules !== undefined) return { option: 'customRules', right: `give each rule a name of its own: there are two named ${rules}` }
  const objective = repeated(slo.map(({ name }) => name))
  if (objective !== undefined) return { option: 'slo', right: `give each objective a name of its own: there are two named ${objective}` }
  const notifier = repeated(notifiers.map(({ name, type }) => name ?? type))
  if (notifier !== undefined) return { option: 'notifiers', right: `give each notifier a name of its own: there are two named ${notifier}` }
  return undefined
})

function repeated (names: readonly string[]): string | undefined {
  return names.find((name, index) => names.indexOf(name) !== index)
}

function withDefault<T> (check: OptionCheck<readonly T[]>, value: readonly T[]): OptionCheck<readonly T[]> {
  return { ...check, read: (given, path, refuse) => given === undefined ? value : check.read(given, path, refuse) }
}
