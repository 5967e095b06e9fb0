import type { JournalEntry } from '@plimsoll/core'
import { shortName, shortText } from './figure.ts'
import type { ObservedFrame } from './observed-frame.ts'
import type { Mark } from './view.ts'

const MAX_MARKS = 50
/** On charts of a longer time. */
export const MAX_HISTORY_MARKS = 200
/** Of what is merely information: what people and leaders did, and what is over. The rest is for the journal's page. */
const WORTH_A_MARK: ReadonlySet<string> = new Set(['control-run', 'tunable-set', 'elected', 'mode-changed', 'draining', 'resolved', 'circuit-half-open', 'circuit-closed'])

/** What happened since the last look, whichever instance's journal it is in. */
export class Marks {
  /** The newest frame of each instance whose journal has been read: a frame may be seen twice. */
  #read: Map<string, number> = new Map()

  /** Newest first, at most 50. */
  see (observed: readonly ObservedFrame[]): Mark[] {
    const read = new Map<string, number>()
    const marks: Mark[] = []
    for (const { frame: { instance, sequence, journal } } of observed) {
      const known = this.#read.get(instance)
      if (known !== sequence) marks.push(...journal.filter(isWorthAMark).map((entry) => markOf(entry, instance)))
      read.set(instance, sequence)
    }
    this.#read = read
    return marks.sort((a, b) => b.at - a.at).slice(0, MAX_MARKS)
  }
}

export function isWorthAMark ({ severity, event }: JournalEntry): boolean {
  return severity !== 'info' || WORTH_A_MARK.has(event)
}

export function markOf ({ at, severity, component, event, message }: JournalEntry, instance: string): Mark {
  const kind = component === 'alerts' || component.startsWith('alerts/') ? 'alert' : 'journal'
  return { at, kind, severity, instance, component: shortName(component), event: shortName(event), text: shortText(message) }
}
