import type { Random } from '../../../tools/load/random.ts'
import { runFaults } from './battery.ts'
import type { Violation } from './battery.ts'
import { blockLeader, stopLeader } from './faults/process-faults.ts'
import { Scene } from './scene.ts'
import { VISIBILITY_MS } from './scene-timings.ts'

/** What does it wrong, and what the checkers must say of it. */
const LONG = 5

interface Control {
  readonly what: string
  readonly kind: Violation['kind']
  readonly evidence: RegExp
}

const CONTROLS: readonly Control[] = [
  { what: 'a leader that trusts a flag', kind: 'two-holders', evidence: /both held/ },
  { what: 'a leader that writes without a fence', kind: 'stale-write', evidence: /write of epoch/ },
  { what: 'a consumer that acknowledges without a receipt', kind: 'queue', evidence: /acknowledged attempt .* had been given/ },
  { what: 'capacity by the clocks of the clients', kind: 'capacity', evidence: /in use/ }
]

export interface Verdict {
  readonly what: string
  readonly convicted: boolean
  /** The first of the evidence. */
  readonly evidence: string
}

/** A mistake shows when somebody comes in between, and on a busy machine nobody may. */
const ATTEMPTS = 4

/** Every mistake, until it is convicted. */
export async function runControls (random: Random, progress: (text: string) => void): Promise<readonly Verdict[]> {
  let verdicts = await makeMistakes(random, progress)
  for (let attempt = 2; attempt <= ATTEMPTS && !verdicts.every(({ convicted }) => convicted); attempt++) {
    const again = await makeMistakes(random, progress)
    verdicts = verdicts.map((verdict, index) => verdict.convicted ? verdict : again[index] ?? verdict)
  }
  return verdicts
}

/** All mistakes at once, by the same workers, under the same faults, before the same checkers. */
async function makeMistakes (random: Random, progress: (text: string) => void): Promise<readonly Verdict[]> {
  const scene = await Scene.open({
    workers: 3,
    random,
    conduct: { leads: 'by-a-flag', writes: 'unfenced', acknowledges: 'without-receipt', permits: 'client-clocks' },
    // Every second claim takes longer than its items are left to a consumer.
    workMs: { least: 1.2 * VISIBILITY_MS, most: 2 * VISIBILITY_MS },
    // Few enough to be always out.
    permits: 4,
    wallSkewMs: 120_000
  })
  try {
    // Long enough for another leader, whatever else this machine is doing.
    const { violations } = await runFaults(scene, [blockLeader(LONG), stopLeader(LONG)], { items: 400, writes: 400 }, progress)
    return CONTROLS.map(({ what, kind, evidence }) => {
      const found = violations.find((violation) => violation.kind === kind && evidence.test(violation.what))
      return { what, convicted: found !== undefined, evidence: found?.what ?? 'nothing was found' }
    })
  } finally {
    await scene.close()
  }
}
