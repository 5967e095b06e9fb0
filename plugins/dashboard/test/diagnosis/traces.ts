import { Diagnostician } from '../../src/diagnosis/diagnostician.ts'
import { judge } from './judge.ts'
import type { Verdict } from './judge.ts'
import { costTrace, HELD_OUT_SEED, makeFaulty, makeTraces, TUNED_SEED } from './scenarios.ts'
import type { Incident } from './trace.ts'

/** Of each set: traces with a fault, and as many without. */
const COUNT = 63
const LONG_SETS = 6
/** To a set: traces that may be told wrong or get a complaint. What is beyond is a violation. */
const MAX_WRONG = 2

export interface TraceTotals {
  readonly traces: number
  readonly frames: number
  readonly violations: number
}

/** Judges the tuned and the held-out traces, or those of one seed. */
export function judgeTraces ({ seed, long, say }: { readonly seed?: number | undefined, readonly long: boolean, say (line: string): void }): TraceTotals {
  const sets = seed === undefined ? new Map([['tuned', TUNED_SEED], ['held out', HELD_OUT_SEED]]) : new Map([['another', seed]])
  if (long) for (let set = 1; set <= LONG_SETS; set++) sets.set(`held out, and ${set} more`, (HELD_OUT_SEED + set) >>> 0)
  let traces = 0
  let frames = 0
  let violations = controls(say)
  for (const [name, seed] of sets) {
    const verdicts = makeTraces(seed, COUNT).map(judge)
    for (const { trace, faults } of verdicts) for (const fault of faults) say(`  ${trace.name}: ${fault}`)
    const wrong = verdicts.filter(({ faults }) => faults.length > 0)
    say(`${name} (seed ${seed}): ${COUNT} traces with a fault, ${wrong.filter(({ trace }) => trace.incident !== undefined).length} told wrong; ${COUNT} without, ${wrong.filter(({ trace }) => trace.incident === undefined).length} with a complaint; seconds to the right name: ${delays(verdicts)}`)
    traces += verdicts.length
    frames += verdicts.reduce((sum, { trace }) => sum + trace.seconds, 0)
    violations += Math.max(0, wrong.length - MAX_WRONG)
  }
  say(`one second of one instance costs ${microseconds(1).toFixed(0)} µs of CPU, of ten ${microseconds(10).toFixed(0)} µs (five routes)`)
  return { traces, frames, violations }
}

/** CPU time of a second in which all is well; of the fastest of several runs. */
function microseconds (instances: number): number {
  const observed = [...costTrace(instances).observe()]
  const runs = Array.from({ length: 5 }, () => {
    const diagnostician = new Diagnostician()
    const before = process.cpuUsage()
    for (const { seen, at } of observed) diagnostician.see(seen, at)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / observed.length
  })
  return Math.min(...runs)
}

/** Median and worst. */
function delays (verdicts: readonly Verdict[]): string {
  const all = verdicts.filter(({ trace }) => trace.incident !== undefined).map(({ namedAfter }) => namedAfter ?? Infinity).sort((a, b) => a - b)
  return `${all[all.length >> 1]} (worst ${all.at(-1)})`
}

/** The judge has to see a wrong name, a missing one, and a complaint in calm. */
function controls (say: (line: string) => void): number {
  const trace = makeFaulty(TUNED_SEED, 1)[0]!
  const claim = (incident: Incident | undefined): boolean => judge({ ...trace, incident }).faults.length > 0
  const wrong = claim({ ...trace.incident!, causes: [{ kind: 'route', name: 'GET /elsewhere' }] })
  const calm = claim(undefined)
  const found = wrong && calm
  say(found ? 'positive controls: a wrong name and a complaint are both found' : 'positive controls FAILED: the judge is blind')
  return found ? 0 : 1
}
