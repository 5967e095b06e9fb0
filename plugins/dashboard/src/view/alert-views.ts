import type { ComponentFigures } from '@plimsoll/core'
import { shortName, shortText } from './figure.ts'
import { numberIn, recordsIn, textIn } from './snapshot.ts'
import type { Snapshot } from './snapshot.ts'
import type { AlertView } from './view.ts'

type OfInstance = ComponentFigures & { readonly instance: string }

const MAX_SHOWN = 50
const WORST_FIRST = ['critical', 'warning', 'info']

export interface SeenAlerts {
  /** Firing and pending, worst first, at most 50. */
  readonly alerts: readonly AlertView[]
  /** What began, fired or was resolved since the last look; nothing at the first. */
  readonly changed: readonly AlertView[]
}

/** The alerts of all instances, and what has become of those of a second ago. */
export class AlertViews {
  #before: ReadonlyMap<string, AlertView> | undefined

  see (components: readonly OfInstance[], at: number): SeenAlerts {
    const seen = new Map<string, AlertView>()
    for (const { kind, snapshot, instance } of components) {
      if (kind !== 'alerts') continue
      for (const alert of recordsIn(snapshot, 'alerts')) this.#put(seen, firing(alert))
      for (const rule of recordsIn(snapshot, 'rules')) {
        if (textIn(rule, 'state') === 'pending') this.#put(seen, pending(rule, instance, at))
      }
    }
    const changed = this.#before === undefined ? [] : changes(this.#before, seen, at)
    this.#before = seen
    const alerts = [...seen.values()].sort((a, b) => stateRank(a) - stateRank(b) || rank(a) - rank(b) || a.since - b.since).slice(0, MAX_SHOWN)
    return { alerts, changed: changed.slice(0, MAX_SHOWN) }
  }

  #put (seen: Map<string, AlertView>, alert: AlertView): void {
    const key = keyOf(alert)
    const before = this.#before?.get(key)
    // A rule does not tell since when it is pending: since it was first seen to be.
    const since = alert.state === 'pending' && before?.state === 'pending' ? before.since : alert.since
    if (seen.get(key)?.state !== 'firing') seen.set(key, { ...alert, since })
  }
}

function firing (alert: Snapshot): AlertView {
  return { rule: shortName(textIn(alert, 'rule')), state: 'firing', severity: shortName(textIn(alert, 'severity')), instance: textIn(alert, 'instance'), since: numberIn(alert, 'startsAt'), summary: shortText(textIn(alert, 'summary')) }
}

function pending (rule: Snapshot, instance: string, at: number): AlertView {
  return { rule: shortName(textIn(rule, 'name')), state: 'pending', severity: shortName(textIn(rule, 'severity')), instance, since: at, summary: `${told(rule, 'value')} against a threshold of ${told(rule, 'threshold')}, not yet for long enough` }
}

/** Three digits are enough for a sentence. */
function told (rule: Snapshot, name: string): number { return Number(numberIn(rule, name).toPrecision(3)) }

function changes (before: ReadonlyMap<string, AlertView>, seen: ReadonlyMap<string, AlertView>, at: number): AlertView[] {
  const begun = [...seen].filter(([key, { state }]) => before.get(key)?.state !== state).map(([, alert]) => alert)
  const over = [...before].filter(([key, { state }]) => state === 'firing' && !seen.has(key)).map(([, alert]) => ({ ...alert, state: 'resolved' as const, since: at }))
  return [...begun, ...over]
}

function keyOf ({ rule, instance, state, since }: AlertView): string {
  // One rule may fire for several routes; each since its own time.
  return JSON.stringify(state === 'firing' ? [rule, instance, since] : [rule, instance])
}

function stateRank ({ state }: AlertView): number { return state === 'firing' ? 0 : 1 }

function rank ({ severity }: AlertView): number {
  const at = WORST_FIRST.indexOf(severity)
  return at === -1 ? WORST_FIRST.length : at
}
