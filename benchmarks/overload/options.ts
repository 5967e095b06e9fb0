import { parseArgs } from 'node:util'
import type { Mode } from './conditions.ts'
import { ablations, variantNames, type Ablation } from './variants.ts'
import { workNamed, type WorkName } from './work.ts'

export type VariantName = typeof variantNames[number]

export interface BenchOptions {
  /** Sections to run; all when empty. */
  readonly only: readonly string[]
  readonly runs: number
  /** Length of a step, in seconds. */
  readonly seconds: number
  readonly modes: readonly Mode[]
  readonly variants: readonly VariantName[]
  readonly work: WorkName
  readonly ablate: readonly Ablation[]
  /** Whether another process works all the time on the server's core. */
  readonly neighbour: boolean
  readonly quick: boolean
  readonly json: string | undefined
}

export function usage (sections: readonly string[]): string {
  return `npm run bench -- overload [options]
  --only A,B        sections: ${sections.join(', ')}
  --runs N          interleaved runs of the steps (default 5; 1 with --quick)
  --seconds S       length of a step (default 3; 2 with --quick)
  --mode M          warm, fresh or both (default both; warm with --quick)
  --variants A,B    ${variantNames.join(', ')}
  --work C/A|mix    CPU ms / await ms of a request (default 5/20)
  --ablate A,B|all  what the gate's ingredients are worth: ${ablations.join(', ')}; runs nothing else unless --only says so
  --neighbour       another process works all the time on the server's core, also while the capacity is measured
  --quick           a few minutes, for a look; its figures prove nothing
  --json FILE       all figures as JSON`
}

/** @throws {Error} on an option that isn't one, with what would be right */
export function parseOptions (args: readonly string[], sections: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      runs: { type: 'string' },
      seconds: { type: 'string' },
      mode: { type: 'string' },
      variants: { type: 'string' },
      work: { type: 'string', default: '5/20' },
      ablate: { type: 'string' },
      neighbour: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' }
    }
  })
  const quick = values.quick
  workNamed(values.work, Math.random)
  const ablate = values.ablate === 'all' ? [...ablations] : list('--ablate', values.ablate, ablations)
  const only = list('--only', values.only, sections)
  return {
    only: only.length === 0 && ablate.length > 0 ? ['ablation'] : only,
    runs: positive('--runs', values.runs ?? (quick ? '1' : '5')),
    seconds: positive('--seconds', values.seconds ?? (quick ? '2' : '3')),
    modes: modesNamed(values.mode ?? (quick ? 'warm' : 'both')),
    variants: values.variants === undefined ? variantNames : list('--variants', values.variants, variantNames),
    work: values.work,
    ablate: ablate.length === 0 ? ablations : ablate,
    neighbour: values.neighbour,
    quick,
    json: values.json
  }
}

function list<T extends string> (option: string, value: string | undefined, known: readonly T[]): T[] {
  if (value === undefined) return []
  return value.split(',').map(name => {
    const match = known.find(each => each === name)
    if (match === undefined) throw new Error(`${option}: ${name} is none of ${known.join(', ')}`)
    return match
  })
}

function positive (option: string, value: string): number {
  const number = Number(value)
  if (!(number > 0)) throw new Error(`${option} is a number above 0, not ${value}`)
  return number
}

function modesNamed (value: string): Mode[] {
  if (value === 'both') return ['warm', 'fresh']
  if (value === 'warm' || value === 'fresh') return [value]
  throw new Error(`--mode is warm, fresh or both, not ${value}`)
}
