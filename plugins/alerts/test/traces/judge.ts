import { fakeClock } from '@plimsoll/core/testing'
import type { FakeClock } from '@plimsoll/core/testing'
import { Dispatcher } from '../../src/dispatcher.ts'
import { DEFAULT_INHIBITIONS } from '../../src/inhibition.ts'
import type { Notification } from '../../src/notification.ts'
import { alertsOptions } from '../../src/options.ts'
import { RuleEngine } from '../../src/rule-engine.ts'
import type { ResolvedRule } from '../../src/rule.ts'
import { chooseRules } from '../../src/rule-choice.ts'
import { Silences } from '../../src/silences.ts'
import type { Trace } from './trace.ts'

export interface Verdict {
  readonly trace: Trace
  readonly frames: number
  /** The rule that had to fire did not, too late, or nobody was told. */
  readonly missed: boolean
  /** Seconds from the fault's beginning to the alert. */
  readonly afterSeconds: number | undefined
  /** Notifications that nothing in the trace accounts for. */
  readonly falseAlerts: readonly string[]
  /** Rules that were notified as firing more than once in the incident. */
  readonly flaps: readonly string[]
}

interface Firing { readonly rule: string, readonly second: number }

/** What an alert may go on for after its fault: the longest window, the longest time kept firing, and what is learned anew. */
const AFTERMATH_S = 900

/** Runs the built-in rules over a trace, with their defaults unless it says otherwise, by its own clock, up to the notifications. */
export function judge (trace: Trace): Verdict {
  const { values } = alertsOptions.resolve(trace.rules === undefined ? {} : { rules: trace.rules })
  const { rules } = chooseRules(values, () => [])
  const firings: Firing[] = []
  const told: Firing[] = []
  const clock = fakeClock()
  let second = 0
  const dispatcher = dispatcherOf(rules, clock, ({ status, group }) => { if (status === 'firing') told.push({ rule: group['rule'] ?? '', second }) })
  const engineOf = (instance: string): RuleEngine => new RuleEngine({
    rules: chooseRules(values, () => []).rules,
    instance,
    changed (record) {
      if (record.status === 'firing') firings.push({ rule: record.rule, second })
      dispatcher.update(record)
    },
    failed: (_rule, error) => { throw error }
  })
  let engine: RuleEngine | undefined
  let frames = 0
  for (const frame of trace.frames()) {
    second = frame.clock / 1000
    frames++
    clock.advance(frame.window)
    // Another process has taken over: its rules know nothing of what the one before has learned.
    if (frame.sequence === 1) {
      engine?.retire(frame.at, 'it was replaced')
      engine = engineOf(frame.instance)
    }
    engine?.step(frame)
    dispatcher.tick()
  }
  return { trace, frames, ...verdictOn(trace, firings, told) }
}

function dispatcherOf (rules: readonly ResolvedRule[], clock: FakeClock, tell: (notification: Notification) => void): Dispatcher {
  const { service, groupBy, groupWaitMs, groupIntervalMs, repeatIntervalMs } = alertsOptions.resolve({}).values
  return new Dispatcher({
    clock,
    service,
    instance: 'shop-1',
    rules: new Map(rules.map(rule => [rule.name, rule])),
    timing: { groupWaitMs, groupIntervalMs, repeatIntervalMs },
    groupBy,
    inhibitions: DEFAULT_INHIBITIONS,
    silences: new Silences(clock),
    queues: [{
      notifier: { name: 'judge', type: 'function', minSeverity: 'info', timeoutMs: 1000, maxQueued: 100, send: async () => {} },
      clear () {},
      push (notification, done) {
        tell(notification)
        done?.(true)
      }
    }],
    voice: () => 'all',
    told () {}
  })
}

function verdictOn ({ incident, may = [] }: Trace, firings: readonly Firing[], told: readonly Firing[]): Pick<Verdict, 'missed' | 'afterSeconds' | 'falseAlerts' | 'flaps'> {
  const accounted = ({ rule, second }: Firing): boolean =>
    may.some(name => name === rule) || (incident !== undefined && [incident.rule, ...incident.also].some(name => name === rule) && second >= incident.from && second <= incident.until + AFTERMATH_S)
  const first = firings.find(({ rule, second }) => rule === incident?.rule && second >= incident.from)
  const afterSeconds = first === undefined || incident === undefined ? undefined : first.second - incident.from
  const inIncident = told.filter(accounted).map(({ rule }) => rule)
  return {
    missed: incident !== undefined && (afterSeconds === undefined || afterSeconds > incident.within || !inIncident.includes(incident.rule)),
    afterSeconds,
    falseAlerts: told.filter(firing => !accounted(firing)).map(({ rule, second }) => `${rule} at ${second} s`),
    flaps: [...new Set(inIncident.filter((rule, index) => inIncident.indexOf(rule) !== index))]
  }
}
