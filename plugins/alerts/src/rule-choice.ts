import type { AlertsSettings } from './options.ts'
import type { ResolvedRule } from './rule.ts'
import { BUILT_IN_RULES, builtInRule } from './rules/built-in-rules.ts'
import type { RuleSettings } from './rules/built-in-rules.ts'
import { sloRules } from './rules/slo-burn-rate.ts'
import type { NotifierFigures } from './rules/threshold-rules.ts'

/** Every rule that the options ask for; and the settings of the built-in ones, whose thresholds may be moved. */
export function chooseRules ({ rules, customRules, slo, notifiers }: AlertsSettings, figures: () => readonly NotifierFigures[]): { readonly rules: readonly ResolvedRule[], readonly ruleSettings: ReadonlyMap<string, RuleSettings> } {
  const ruleSettings = new Map<string, RuleSettings>()
  const chosen: ResolvedRule[] = []
  for (const name of BUILT_IN_RULES) {
    const settings = rules[name]
    if (settings === false || (name === 'notifier-dead' && notifiers.length === 0)) continue
    const own: RuleSettings = { ...settings }
    ruleSettings.set(name, own)
    chosen.push(builtInRule(name, own, figures))
  }
  return { rules: [...chosen, ...slo.flatMap(sloRules), ...customRules], ruleSettings }
}
