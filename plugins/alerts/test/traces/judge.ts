import { RuleEngine } from '../../src/rule-engine.ts'
import type { AlertRecord } from '../../src/alert-record.ts'
import { chooseRules } from '../../src/rule-choice.ts'
import { alertsOptions } from '../../src/options.ts'
import type { Trace } from './trace.ts'

export interface Verdict {
  readonly trace: Trace
  readonly frames: number
  /** The rule that had to fire did not, or too late. */
  readonly missed: boolean
  /** Seconds from the fault's beginning to the alert. */
  readonly afterSeconds: number | undefined
  /** Alerts that nothing in the trace accounts for. */
  readonly falseAlerts: readonly string[]
  /** Rules that fired more than once in the incident. */
  readonly flaps: readonly string[]
}

/** What an alert may go on for after its fault: the longest window, the longest time kept firing, and what is learned anew. */
const AFTERMATH_S = 900

/** Runs the built-in rules with their defaults over a trace, by its own clock. */
export function judge (trace: Trace): Verdict {
  const firings: Array<{ readonly rule: string, readonly second: number }> = []
  let second = 0
  let frames = 0
  const { rules } = chooseRules(alertsOptions.resolve({}).values, () => [])
  const changed = ({ status, rule }: AlertRecord): void => { if (status === 'firing') firings.push({ rule, second }) }
  const engine = new RuleEngine({ rules, instance: 'shop-1', changed, failed: (_rule, error) => { throw error } })
  for (const frame of trace.frames()) {
    second = frame.clock / 1000
    frames++
    engine.step(frame)
  }
  return { trace, frames, ...verdictOn(trace, firings) }
}

function verdictOn ({ incident }: Trace, firings: ReadonlyArray<{ readonly rule: string, readonly second: number }>): Pick<Verdict, 'missed' | 'afterSeconds' | 'falseAlerts' | 'flaps'> {
  const accounted = ({ rule, second }: { readonly rule: string, readonly second: number }): boolean =>
    incident !== undefined && [incident.rule, ...incident.also].some(name => name === rule) && second >= incident.from && second <= incident.until + AFTERMATH_S
  const falseAlerts = firings.filter(firing => !accounted(firing)).map(({ rule, second }) => `${rule} at ${second} s`)
  const inIncident = firings.filter(accounted).map(({ rule }) => rule)
  const first = firings.find(({ rule, second }) => rule === incident?.rule && second >= incident.from)
  const afterSeconds = first === undefined || incident === undefined ? undefined : first.second - incident.from
  return {
    missed: incident !== undefined && (afterSeconds === undefined || afterSeconds > incident.within),
    afterSeconds,
    falseAlerts,
    flaps: [...new Set(inIncident.filter((rule, index) => inIncident.indexOf(rule) !== index))]
  }
}
