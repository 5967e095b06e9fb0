import { spawnSync } from 'node:child_process'
import { canPin } from '../../tools/load/index.ts'
import { medianInterval, type Interval } from '../cost/interval.ts'
import { progress } from '../overload/progress.ts'
import type { Row, Verdict } from '../overload/row.ts'
import { cores, ServerProcess } from '../overload/server-process.ts'
import { median } from '../overload/statistics.ts'
import type { Variant } from '../overload/variants.ts'
import { recorderNames } from './recorders.ts'
import { SteadyLoad } from './steady-load.ts'

const MOST = 1.02
/** A null comparison that is wider than this can't tell a cost of 2 %. */
const WIDEST_NULL = 0.03
const BARE = 'bare'
const NULL = 'bare again (null)'
const OWN = 'monitor'

/** Those that the question is about are measured in every set of processes, the peers in the first ones. */
const OURS: Readonly<Record<string, Variant>> = { [BARE]: { name: 'none' }, [NULL]: { name: 'none' }, 'core alone': { name: 'core' }, [OWN]: { name: 'recorder', recorder: 'monitor' } }
const PEERS: Readonly<Record<string, Variant>> = Object.fromEntries(recorderNames.filter((recorder) => recorder !== OWN).map((recorder) => [recorder, { name: 'recorder', recorder } as const]))
const SETS_WITH_PEERS = 3

const CONNECTIONS = 32
/** Some 30 ms of a core: shorter than what a neighbour on the machine does at a time. */
const REQUESTS_A_BLOCK = 1500
const WARM_UP_BLOCKS = 16
const BLOCKS = 8

/** CPU of a request in one process, block by block, in µs. */
interface Measured { readonly warmUp: readonly number[], readonly blocks: readonly number[] }
type MeasuredSet = ReadonlyMap<string, Measured>

/**
 * CPU of a request with each recorder over that of bare Fastify, at a load that keeps one core busy. Two processes of the same code
 * differ by percents for as long as they live (what was compiled when, where memory lies), however long they are measured. So there
 * are many processes, each measured shortly once it is warm: a set of them gives one ratio, and `sets` of sets the interval.
 */
export async function serviceCpuRows (sets: number): Promise<Row[]> {
  // The load comes from this process.
  if (canPin()) spawnSync('taskset', ['-acp', String(cores.generator), String(process.pid)])
  const measured: MeasuredSet[] = []
  for (let set = 0; set < sets; set++) {
    progress(`CPU: set of processes ${set + 1} of ${sets}`)
    measured.push(await measureSet(set < SETS_WITH_PEERS ? { ...OURS, ...PEERS } : OURS))
  }
  const ratios = (name: string): number[] => measured.flatMap((set) => set.has(name) ? [median(pairs(set, name, (own, bare) => own / bare))] : [])
  const noise = medianInterval(ratios(NULL))
  return [
    ...[NULL, ...Object.keys(OURS).slice(2), ...Object.keys(PEERS)].map((name) => costRow(name, medianInterval(ratios(name)), noise, measured)),
    steadyRow(measured)
  ]
}

/** All are alive at once and served in turn, each second round the other way about: A B C C B A. What changes with time falls on all alike. */
async function measureSet (variants: Readonly<Record<string, Variant>>): Promise<MeasuredSet> {
  const subjects: Subject[] = []
  try {
    for (const [name, variant] of Object.entries(variants)) subjects.push(await Subject.start(name, variant))
    for (let block = 0; block < WARM_UP_BLOCKS; block++) {
      for (const subject of subjects) subject.warmUp.push(await subject.block())
    }
    for (let block = 0; block < BLOCKS; block++) {
      const there: number[] = []
      for (const subject of subjects) there.push(await subject.block())
      for (const [index, subject] of [...subjects.entries()].reverse()) subject.blocks.push(((there[index] ?? NaN) + await subject.block()) / 2)
    }
  } finally {
    await Promise.all(subjects.map((subject) => subject.stop()))
  }
  return new Map(subjects.map((subject) => [subject.name, subject]))
}

class Subject implements Measured {
  readonly name: string
  readonly warmUp: number[] = []
  readonly blocks: number[] = []
  readonly #server: ServerProcess
  readonly #load: SteadyLoad

  private constructor (name: string, server: ServerProcess, load: SteadyLoad) {
    this.name = name
    this.#server = server
    this.#load = load
  }

  static async start (name: string, variant: Variant): Promise<Subject> {
    const server = await ServerProcess.start({ variant, work: '0/0', roundsPerMs: 0 })
    return new Subject(name, server, await SteadyLoad.open(server.port, '/normal', CONNECTIONS))
  }

  /** CPU of a request in µs, of all threads of the process. */
  async block (): Promise<number> {
    const before = await this.#server.usage()
    await this.#load.run(REQUESTS_A_BLOCK)
    const after = await this.#server.usage()
    return (after.cpuMs - before.cpuMs) * 1000 / REQUESTS_A_BLOCK
  }

  async stop (): Promise<void> {
    this.#load.close()
    await this.#server.stop()
  }
}

/** Block by block, of a variant and of bare: of both its processes, but where the second is the question. */
function pairs (set: MeasuredSet, name: string, compare: (own: number, bare: number) => number): number[] {
  const bare = set.get(BARE)?.blocks ?? []
  const other = name === NULL ? bare : set.get(NULL)?.blocks ?? []
  return (set.get(name)?.blocks ?? []).map((own, block) => compare(own, ((bare[block] ?? NaN) + (other[block] ?? NaN)) / 2))
}

function costRow (name: string, interval: Interval, noise: Interval, measured: readonly MeasuredSet[]): Row {
  const isOurs = name === OWN
  const of = measured.filter((set) => set.has(name))
  const added = median(of.map((set) => median(pairs(set, name, (own, bare) => own - bare))))
  const bare = median(of.map((set) => median(set.get(BARE)?.blocks ?? [])))
  return {
    section: 'cpu',
    what: `${name}: CPU of a request over bare's`,
    figure: `${interval.median.toFixed(3)} (95 %: ${interval.low.toFixed(3)} … ${interval.high.toFixed(3)}); ${added.toFixed(2)} µs more than bare's ${bare.toFixed(1)}`,
    peers: {},
    target: isOurs ? `upper bound <= ${MOST}` : '',
    noise: `${noise.low.toFixed(3)} … ${noise.high.toFixed(3)}`,
    verdict: isOurs ? judgeInterval(interval, noise) : 'shown',
    note: `${of.length} sets of processes`,
    values: { interval, sets: of.map((set) => set.get(name)) }
  }
}

/** Inconclusive is not a pass: an interval around the target, or a null that is itself too wide, shows nothing. */
function judgeInterval (interval: Interval, noise: Interval): Verdict {
  if (interval.low > MOST && interval.low - MOST > Math.max(noise.high - 1, 1 - noise.low)) return 'miss'
  if (noise.high - noise.low > WIDEST_NULL || noise.low > 1 || noise.high < 1) return 'inconclusive'
  if (interval.high <= MOST) return 'pass'
  return interval.low > MOST ? 'miss' : 'inconclusive'
}

/** Whether code that is not optimised yet is in the figures: from what each had while it warmed up, to what was measured. */
function steadyRow (measured: readonly MeasuredSet[]): Row {
  const all = measured.flatMap((set) => [...set.values()])
  const at = (from: number, to: number, part: 'warmUp' | 'blocks'): number => median(all.map((one) => median(one[part].slice(from, to).map((us) => us / median(one.blocks)))))
  const half = BLOCKS >> 1
  const stages = [at(0, 1, 'warmUp'), at(3, 5, 'warmUp'), at(7, 9, 'warmUp'), at(WARM_UP_BLOCKS - 3, WARM_UP_BLOCKS, 'warmUp'), at(0, half, 'blocks'), at(half, BLOCKS, 'blocks')]
  return {
    section: 'cpu',
    what: 'steady state: CPU of a request over that of all measured blocks',
    figure: stages.map((stage) => stage.toFixed(2)).join(', '),
    peers: {},
    target: 'halves of the measured blocks within 2 %',
    noise: '',
    verdict: Math.abs((stages[4] ?? NaN) / (stages[5] ?? NaN) - 1) <= 0.02 ? 'pass' : 'inconclusive',
    note: `block 1, 4 and 5, 8 and 9, and the last three of ${WARM_UP_BLOCKS} that warm up, first and second half of those measured; ${REQUESTS_A_BLOCK} requests each`
  }
}
