import { writeFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { allocatedPerRequest } from './cost/allocation.ts'
import { CpuComparison, NotServed, type Load } from './cost/cpu.ts'
import { medianInterval, type Interval } from './cost/interval.ts'
import { progress } from './overload/progress.ts'
import type { Row, Verdict } from './overload/row.ts'
import { summarize } from './overload/statistics.ts'
import { printRows, summaryLine } from './overload/table.ts'
import type { Variant } from './overload/variants.ts'

// npm run bench -- cost: what a request costs while nothing is wrong, with each protection over bare Fastify.

const TARGET = 0.98
/** A null comparison that is wider than this can't tell a cost of 2 %. */
const WIDEST_NULL = 0.03
/** Half of what one core serves, or less: nobody has a reason to refuse. */
const load: Load = { rate: 5000, seconds: 0.6 }

/** Two processes of the same code may differ for as long as they live (what was compiled when, where memory lies): new ones now and then. */
const BLOCKS_A_PROCESS = 6

const bare: Variant = { name: 'none' }
const measured: Readonly<Record<string, Variant>> = {
  'bare again (null)': bare,
  'core only': { name: 'core' },
  'load-shedder': { name: 'plimsoll' },
  'under-pressure': { name: 'under-pressure', settings: { maxEventLoopDelay: 42, sampleInterval: 100 } },
  'overload-protection': { name: 'overload-protection' }
}
const ours = ['core only', 'load-shedder']

const { values: options } = parseArgs({
  options: {
    blocks: { type: 'string' },
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' }
  }
})
await main(Number(options.blocks ?? (options.quick ? 6 : 24)), options.only?.split(',') ?? Object.keys(measured))

async function main (blocks: number, names: readonly string[]): Promise<void> {
  const started = performance.now()
  const variants = Object.entries(measured).filter(([name, { name: variant }]) => names.some(each => each === name || each === variant))
  if (!(blocks >= 1) || variants.length === 0) {
    throw new Error(`--blocks is a number above 0, --only some of ${Object.keys(measured).join(', ')}`)
  }
  console.log(`cost: ${blocks} blocks of bare, variant, variant, bare; ${load.rate} req/s for ${load.seconds} s each; Node ${process.version}`)

  const notServed = new Map<string, string>()
  const cpu = await compareCpu(variants, blocks, notServed)
  const noise = cpu.get('bare again (null)')
  const bytes = await compareAllocation(variants, options.quick ? 1 : 3, notServed)
  progress('')
  const rows = [
    ...[...cpu].map(([name, interval]) => cpuRow(name, interval, noise)),
    ...bytesRows(bytes),
    ...[...notServed].map(([name, reason]) => notServedRow(name, reason))
  ]
  printRows('cost of a request', rows)
  if (options.json !== undefined) writeFileSync(options.json, JSON.stringify({ blocks, load, rows }, undefined, 1))
  console.log(`\n${summaryLine('cost', rows, (performance.now() - started) / 1000)}`)
}

/** A few blocks of each comparison in turn, so that all of them see the same hour. */
async function compareCpu (variants: ReadonlyArray<[string, Variant]>, blocks: number, notServed: Map<string, string>): Promise<Map<string, Interval>> {
  const ratios = new Map<string, number[]>(variants.map(([name]) => [name, []]))
  for (let done = 0; done < blocks; done += BLOCKS_A_PROCESS) {
    for (const [name, variant] of variants) {
      if (notServed.has(name)) continue
      progress(`block ${done + 1} of ${blocks}: ${name}`)
      const comparison = await CpuComparison.start(bare, variant, load)
      try {
        await comparison.warmUp()
        for (let block = done; block < Math.min(blocks, done + BLOCKS_A_PROCESS); block++) ratios.get(name)?.push(await comparison.block(block + 1))
      } catch (error) {
        note(name, error, notServed)
      } finally {
        await comparison.stop()
      }
    }
  }
  return new Map([...ratios].filter(([name]) => !notServed.has(name)).map(([name, values]) => [name, medianInterval(values)]))
}

async function compareAllocation (variants: ReadonlyArray<[string, Variant]>, repeats: number, notServed: Map<string, string>): Promise<Map<string, number[]>> {
  const bytes = new Map<string, number[]>()
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const [name, variant] of [['bare', bare] as const, ...variants]) {
      if (notServed.has(name)) continue
      progress(`bytes allocated: ${name}`)
      try {
        bytes.set(name, [...bytes.get(name) ?? [], await allocatedPerRequest(variant, load, repeat + 1)])
      } catch (error) {
        note(name, error, notServed)
      }
    }
  }
  return bytes
}

/** One variant that can't be measured doesn't cost the others their figures. */
function note (name: string, error: unknown, notServed: Map<string, string>): void {
  if (!(error instanceof NotServed)) throw error
  notServed.set(name, error.message)
}

function notServedRow (name: string, reason: string): Row {
  const verdict = ours.includes(name) ? 'inconclusive' : 'shown'
  return { section: 'not served', what: `${name}: a healthy load`, figure: reason, peers: {}, target: 'all served', noise: '', verdict }
}

function cpuRow (name: string, interval: Interval, noise: Interval | undefined): Row {
  const isOurs = ours.includes(name)
  return {
    section: 'cpu',
    what: `${name}: bare's CPU of a request over its own`,
    figure: `${interval.median.toFixed(3)} (95 %: ${interval.low.toFixed(3)} … ${interval.high.toFixed(3)})`,
    peers: {},
    target: isOurs ? `lower bound >= ${TARGET}` : '',
    noise: noise === undefined ? 'not measured' : `${noise.low.toFixed(3)} … ${noise.high.toFixed(3)}`,
    verdict: isOurs ? judgeInterval(interval, noise) : 'shown',
    values: interval
  }
}

/** Inconclusive is not a pass: an interval around the target, or a null that is itself too wide, shows nothing. */
function judgeInterval (interval: Interval, noise: Interval | undefined): Verdict {
  if (noise === undefined || noise.high - noise.low > WIDEST_NULL || noise.low > 1 || noise.high < 1) return 'inconclusive'
  if (interval.low >= TARGET) return 'pass'
  return interval.high < TARGET ? 'miss' : 'inconclusive'
}

function bytesRows (bytes: ReadonlyMap<string, readonly number[]>): Row[] {
  const bareBytes = summarize(bytes.get('bare') ?? []).median
  return [...bytes].map(([name, values]) => {
    const { median, min, max } = summarize(values)
    const ratio = bareBytes / median
    return {
      section: 'bytes',
      what: `${name}: bytes allocated a request`,
      figure: `${median.toFixed(0)} (${min.toFixed(0)} … ${max.toFixed(0)}); bare's over its own ${ratio.toFixed(3)}`,
      peers: {},
      target: ours.includes(name) ? `>= ${TARGET}` : '',
      noise: '',
      verdict: ours.includes(name) ? (ratio >= TARGET ? 'pass' : 'miss') : 'shown',
      values
    }
  })
}
