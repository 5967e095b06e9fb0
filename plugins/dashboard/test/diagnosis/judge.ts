import { Diagnostician } from '../../src/diagnosis/diagnostician.ts'
import type { Diagnosis } from '../../src/view/view.ts'
import type { Trace } from './trace.ts'

export interface Verdict {
  readonly trace: Trace
  /** What it did wrong, in words. */
  readonly faults: readonly string[]
  /** Seconds until the right cause was named. */
  readonly namedAfter: number | undefined
  /** A sentence of the incident. */
  readonly sentence: string
}

/** Of an incident, once the right cause was named: seconds in which it has to be named still. */
const STEADY_SHARE = 0.9
/** The sentence may find something better this often. */
const MAX_CHANGES = 3

/** Shows a trace to a diagnostician. */
export function judge (trace: Trace): Verdict {
  const diagnostician = new Diagnostician()
  const diagnoses = Array.from(trace.observe(), ({ seen, at }) => diagnostician.see(seen, at))
  const { incident } = trace
  if (incident === undefined) return { trace, faults: notCalm(diagnoses, 0, 'is healthy'), namedAfter: undefined, sentence: '' }
  const { from, until, causes, within, clears } = incident
  const right = ({ cause, symptom }: Diagnosis): boolean => symptom !== 'none' && causes.some(({ kind, name }) => cause.kind === kind && cause.name === name)
  const during = diagnoses.slice(from, until)
  const first = during.findIndex(right)
  const after = during.slice(first)
  const sentence = after.find((diagnosis, second) => second > 5 && right(diagnosis))?.sentence ?? during.at(-1)?.sentence ?? ''
  const faults = notCalm(diagnoses.slice(0, from), 0, 'before it')
  if (first < 0 || first > within) faults.push(`named ${first < 0 ? 'never' : `after ${first} s`}: ${during.at(-1)?.sentence}`)
  else if (after.filter(right).length < STEADY_SHARE * after.length) faults.push(`named in ${after.filter(right).length} of ${after.length} seconds: ${after.find((diagnosis) => !right(diagnosis))?.sentence}`)
  if (changesOf(during) > MAX_CHANGES) faults.push(`${changesOf(during)} changes of cause: ${[...new Set(during.map(({ cause: { kind, name } }) => `${kind} ${name}`))].join(', ')}`)
  faults.push(...notCalm(diagnoses.slice(until + clears), until + clears, 'after it'))
  return { trace, faults, namedAfter: first < 0 ? undefined : first, sentence }
}

function notCalm (diagnoses: readonly Diagnosis[], from: number, when: string): string[] {
  const at = diagnoses.findIndex(({ level }) => level !== 'ok')
  if (at < 0) return []
  const seconds = diagnoses.filter(({ level }) => level !== 'ok').length
  return [`${when}, second ${from + at} (${seconds} in all): ${diagnoses[at]?.sentence}`]
}

function changesOf (diagnoses: readonly Diagnosis[]): number {
  let changes = 0
  for (const [index, { cause, level }] of diagnoses.entries()) {
    const before = diagnoses[index - 1]
    if (before !== undefined && before.level !== 'ok' && level !== 'ok' && (before.cause.kind !== cause.kind || before.cause.name !== cause.name)) changes++
  }
  return changes
}
