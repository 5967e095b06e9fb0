import { setTimeout as sleep } from 'node:timers/promises'
import type { Report } from '../../../tools/load/index.ts'
import type { Bench } from '../bench.ts'
import { measureCapacity, type Conditions } from '../conditions.ts'
import { withControl } from '../control-process.ts'
import type { Stall } from '../control.ts'
import { progress } from '../progress.ts'
import { judge, percent, type Row } from '../row.ts'
import { relativeSpread } from '../statistics.ts'
import { phaseStartMs, runTrial } from '../trial.ts'
import type { Variant } from '../variants.ts'

/** Refusals this near to a stall that the control process saw too are not counted. */
const AROUND_STALL_MS = 1000
const BLOCK_MS = 200

/** What is left out when there is little time. */
const onlyPlimsoll = ['none', 'under-pressure', 'overload-protection'] as const

const loads = [
  { multiple: 0.5, allowed: 0 },
  { multiple: 0.8, allowed: 0 },
  { multiple: 0.9, allowed: 0.001 },
  { multiple: 1, allowed: 0.01 }
] as const

/** Refusals that a service with that load has no reason for. */
export async function falseRefusals (bench: Bench): Promise<Row[]> {
  const mode = bench.options.modes[0] ?? 'warm'
  const { quick, work } = bench.options
  const calibrate = async (): Promise<number> => (await measureCapacity(work, mode, bench.roundsPerMs, quick)).rate
  const capacities = [await calibrate()]
  const measured: Array<{ multiple: number, allowed: number, shares: Record<string, Refusals> }> = []
  for (const { multiple, allowed } of quick ? loads.filter(load => load.multiple === 0.5 || load.multiple === 1) : loads) {
    const conditions = { ...await bench.conditions(mode), capacity: capacities.at(-1) ?? NaN }
    const shares: Record<string, Refusals> = {}
    for (const variant of await bench.variants(quick ? onlyPlimsoll : ['none'])) {
      const seconds = variant.name === 'plimsoll' ? (quick ? 5 : 60) : 8
      progress(`false refusals at ${multiple}x: ${variant.name}`)
      shares[variant.name] = await refusalsAt(bench, variant, conditions, multiple, seconds)
    }
    measured.push({ multiple, allowed, shares })
    if (!quick) capacities.push(await calibrate())
  }
  progress('')
  const noise = relativeSpread(capacities)
  return measured.map(({ multiple, allowed, shares }) => row(mode, multiple, allowed, shares, noise))
}

/** One long block of the event loop, as a large JSON or a major collection makes, at half the capacity. */
export async function singleBlock (bench: Bench): Promise<Row[]> {
  const mode = bench.options.modes[0] ?? 'warm'
  const conditions = await bench.conditions(mode)
  const blocks = bench.options.quick ? 3 : 10
  const refused: Record<string, Refusals> = {}
  for (const variant of await bench.variants(bench.options.quick ? onlyPlimsoll : ['none'])) {
    progress(`single blocks of ${BLOCK_MS} ms: ${variant.name}`)
    refused[variant.name] = await refusalsAt(bench, variant, conditions, 0.5, blocks * 3, blocks)
  }
  progress('')
  const { plimsoll, ...peers } = refused
  return [{
    section: 'single-block',
    what: `${mode} 0.5x: refused after ${blocks} single blocks of ${BLOCK_MS} ms`,
    figure: plimsoll === undefined ? '-' : `${plimsoll.refused} of ${plimsoll.offered}`,
    peers: Object.fromEntries(Object.entries(peers).map(([name, theirs]) => [name, `${theirs.refused} of ${theirs.offered}`])),
    target: '0',
    noise: '',
    verdict: judge(plimsoll?.refused ?? NaN, { atMost: 0 }, 0, plimsoll !== undefined && plimsoll.excludedShare > 0.5),
    values: refused
  }]
}

interface Refusals {
  readonly offered: number
  readonly refused: number
  /** The largest share of any class, 0 to 1. */
  readonly worstShare: number
  /** Share of the time around stalls that the control process saw too. */
  readonly excludedShare: number
  readonly stalls: number
}

async function refusalsAt (bench: Bench, variant: Variant, conditions: Conditions, multiple: number, seconds: number, blocks = 0): Promise<Refusals> {
  const rate = multiple * conditions.capacity
  const { result, stalls } = await withControl(() => runTrial({
    variant,
    mode: conditions.mode,
    seed: bench.nextSeed(),
    // A process that has just been started is no reason to refuse either; but near the capacity it is slower than what was calibrated.
    brokenIn: multiple > 0.8,
    phases: [{ name: 'warm-up', seconds: 2, rate: 0.5 * conditions.capacity }, { name: 'load', seconds, rate }],
    meanwhile: async server => {
      for (let block = 0; block < blocks; block++) {
        await sleep(3000)
        server.block(BLOCK_MS)
      }
    }
  }, conditions))
  return count(result.report, stalls)
}

function count (report: Report, stalls: readonly Stall[]): Refusals {
  const excluded = (bin: number): boolean => {
    const from = report.startedAtMs + bin * report.binMs
    return stalls.some(stall => from + report.binMs > stall.from - AROUND_STALL_MS && from < stall.to + AROUND_STALL_MS)
  }
  const endMs = 1000 * report.phases.reduce((total, phase) => total + phase.seconds, 0)
  const first = Math.floor(phaseStartMs(report, 'warm-up') / report.binMs)
  const bins = Array.from({ length: Math.ceil(endMs / report.binMs) - first }, (_, bin) => first + bin)
  const counted = bins.filter(bin => !excluded(bin))
  const perClass = report.classes.filter(name => name !== 'probe').map(name => {
    const columns = report.bins[name]
    const sum = (values: readonly number[] | undefined): number => counted.reduce((total, bin) => total + (values?.[bin] ?? 0), 0)
    return { offered: sum(columns?.offered), refused: sum(columns?.refused) }
  })
  const sum = (pick: (each: { offered: number, refused: number }) => number): number => perClass.reduce((total, each) => total + pick(each), 0)
  return {
    offered: sum(each => each.offered),
    refused: sum(each => each.refused),
    worstShare: Math.max(...perClass.map(each => each.refused / Math.max(1, each.offered))),
    excludedShare: 1 - counted.length / bins.length,
    stalls: stalls.length
  }
}

function row (mode: string, multiple: number, allowed: number, shares: Record<string, Refusals>, noise: number): Row {
  const { plimsoll, ...peers } = shares
  const byClass = multiple === 1
  const share = (each: Refusals): number => byClass ? each.worstShare : each.refused / Math.max(1, each.offered)
  const figure = plimsoll === undefined ? NaN : share(plimsoll)
  return {
    section: 'false-refusals',
    what: `${mode} ${multiple}x: refused${byClass ? ', worst class' : ''}`,
    figure: plimsoll === undefined ? '-' : `${percent(figure, 2)} (${plimsoll.refused} of ${plimsoll.offered})`,
    peers: Object.fromEntries(Object.entries(peers).map(([name, each]) => [name, percent(share(each), 2)])),
    target: allowed === 0 ? '0' : `<= ${percent(allowed)}`,
    noise: `capacity ${percent(noise)}`,
    verdict: judge(figure, { atMost: allowed }, 0, (plimsoll?.excludedShare ?? 0) > 0.5),
    ...(plimsoll !== undefined && plimsoll.stalls > 0 ? { note: `${plimsoll.stalls} stalls seen by the control process, ${percent(plimsoll.excludedShare)} of the time left out` } : {}),
    values: shares
  }
}
