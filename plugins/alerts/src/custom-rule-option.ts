import { accepted, integer, oneOf, optionSpec } from '@plimsoll/core'
import type { OptionCheck } from '@plimsoll/core'
import { InvalidOptionError } from './errors.ts'
import { required } from './required-option.ts'
import { STALE_AFTER_MS } from './rule.ts'
import type { AlertRule, ResolvedRule, Severity } from './rule.ts'

const NAME = /^[a-z0-9][a-z0-9-]{0,59}$/
const NAME_RIGHT = 'give a name of a-z, 0-9 and -, at most 60 characters'
const EVALUATE_RIGHT = 'give a function (frame) that returns findings, true, false, or undefined where there is no data'
const MAX_RUNBOOK = 2000
const MONTH_MS = 30 * 86_400_000
const SEVERITIES: readonly Severity[] = ['info', 'warning', 'critical']

export const ruleName: OptionCheck<string> = required(accepted((given): given is string => typeof given === 'string' && NAME.test(given), NAME_RIGHT), NAME_RIGHT)

/** A rule of the user's own. */
export const customRuleOption: OptionCheck<ResolvedRule> = optionSpec<AlertRule, ResolvedRule>(InvalidOptionError, {
  name: ruleName,
  evaluate: required(accepted((given): given is AlertRule['evaluate'] => typeof given === 'function', EVALUATE_RIGHT), EVALUATE_RIGHT),
  severity: oneOf(SEVERITIES, { default: 'warning' }),
  forMs: integer({ min: 0, max: MONTH_MS, default: 0 }),
  keepFiringForMs: integer({ min: 0, max: MONTH_MS, default: 60_000 }),
  coolDownMs: integer({ min: 0, max: MONTH_MS, default: 60_000 }),
  staleAfterMs: integer({ min: 0, max: MONTH_MS, default: STALE_AFTER_MS }),
  runbook: accepted((given): given is string => typeof given === 'string' && given.length <= MAX_RUNBOOK, `give a text of at most ${MAX_RUNBOOK} characters`, { default: '' })
}).nested()
