import { setTimeout as sleep } from 'node:timers/promises'
import type { Diagnosis } from '../../../plugins/dashboard/src/view/view.ts'
import type { Case } from './cases.ts'
import { Fleet } from './fleet.ts'

/** A start is not judged for a minute, and what is usual takes as long to learn. */
const LEARN_MS = 120_000
/** Seconds without a complaint that make a calm phase. */
const CALM_S = 10
const CALM_WITHIN_MS = 150_000
const WITHIN_S = 60
/** Seconds for which the right cause is looked at, and the share of them in which it has to stand there. */
const LOOK_S = 15
const STEADY_SHARE = 0.8

export interface Outcome {
  readonly name: string
  readonly explained: boolean
  readonly violations: readonly string[]
  readonly seconds: number
}

/** Does everything that is planned for one fleet to it, one after the other. */
export async function runCases (cases: readonly Case[], say: (line: string) => void): Promise<readonly Outcome[]> {
  const first = cases[0]
  if (first === undefined) return []
  const fleet = await Fleet.start(first.instances)
  try {
    say(`${first.instances === 1 ? 'one instance' : `${first.instances} instances on Redis`}: learning for ${LEARN_MS / 1000} s`)
    await sleep(LEARN_MS)
    const outcomes: Outcome[] = []
    for (const one of [...cases].sort((a, b) => Number(a.last ?? false) - Number(b.last ?? false))) outcomes.push(await runCase(one, fleet, say))
    return outcomes
  } finally {
    await fleet.stop()
  }
}

async function runCase (one: Case, fleet: Fleet, say: (line: string) => void): Promise<Outcome> {
  const { told } = fleet.status
  const violations: string[] = []
  const from = told.length
  if (!await calm(told)) violations.push(...complaint('before it', told))
  say(calmLine(told))
  const causes = one.causes(fleet)
  const right = ({ symptom, cause }: Diagnosis): boolean => symptom !== 'none' && causes.some(({ kind, name }) => cause.kind === kind && cause.name === name)
  const beginning = told.length
  await one.begin(fleet)
  const within = (one.within ?? WITHIN_S) * 1000
  const named = await until(() => told.slice(beginning).some(right), within)
  const namedAfter = told.slice(beginning).findIndex(right)
  if (named) await sleep(LOOK_S * 1000)
  const seen = told.slice(beginning + Math.max(0, namedAfter))
  const steady = seen.filter(right).length / seen.length
  if (!named) violations.push(`never named: ${told.at(-1)?.sentence ?? ''}`)
  else if (steady < STEADY_SHARE) violations.push(`named in ${Math.round(100 * steady)} % of the seconds after: ${seen.find((diagnosis) => !right(diagnosis))?.sentence ?? ''}`)
  const sentence = seen.findLast(right)?.sentence ?? told.at(-1)?.sentence ?? ''
  say(`  ${one.name}${named ? ` (after ${namedAfter} s)` : ''}\n           ${sentence}`)
  await one.end(fleet)
  if (one.last !== true) {
    if (!await calm(told)) violations.push(...complaint('after it', told))
    say(calmLine(told))
  }
  for (const violation of violations) say(`  VIOLATION ${violation}`)
  return { name: one.name, explained: one.explained, violations, seconds: told.length - from }
}

function calmLine (told: readonly Diagnosis[]): string {
  const { level = 'ok', sentence = '' } = told.at(-1) ?? {}
  return `  ${level.padEnd(9)}${sentence}`
}

/** That the machine has no time for the processes is true, and no fault of the sentence: it is printed, and not counted. */
function complaint (when: string, told: readonly Diagnosis[]): readonly string[] {
  const last = told.at(-1)
  return last?.cause.kind === 'unknown' && last.sentence.includes('the machine had no time for it') ? [] : [`not calm ${when}: ${last?.sentence ?? 'nothing is told'}`]
}

/** Nothing to complain about for a while. */
async function calm (told: readonly Diagnosis[]): Promise<boolean> {
  const from = told.length
  return await until(() => told.length - from >= CALM_S && told.slice(-CALM_S).every(({ level }) => level === 'ok'), CALM_WITHIN_MS)
}

async function until (condition: () => boolean, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms
  while (!condition()) {
    if (performance.now() > deadline) return false
    await sleep(200)
  }
  return true
}
