import { CpuComparison, NotServed, type Load } from '../cost/cpu.ts'
import { medianInterval, type Interval } from '../cost/interval.ts'
import { progress } from '../overload/progress.ts'
import type { Row, Verdict } from '../overload/row.ts'
import type { Variant } from '../overload/variants.ts'
import { recorderNames } from './recorders.ts'

const MOST = 1.02
/** A null comparison that is wider than this can't tell a cost of 2 %. */
const WIDEST_NULL = 0.03
const BLOCKS_A_PROCESS = 3
const load: Load = { rate: 5000, seconds: 0.6 }
const bare: Variant = { name: 'none' }
const measured: Readonly<Record<string, Variant>> = {
  'bare again (null)': bare,
  'core alone': { name: 'core' },
  ...Object.fromEntries(recorderNames.map((recorder) => [recorder, { name: 'recorder', recorder } as const]))
}

/** CPU of a request with each recorder over that of bare Fastify: blocks of A B B A, new processes now and then. */
export async function serviceCpuRows (blocks: number): Promise<Row[]> {
  const ratios = new Map<string, number[]>(Object.keys(measured).map((name) => [name, []]))
  const notServed = new Map<string, string>()
  for (let done = 0; done < blocks; done += BLOCKS_A_PROCESS) {
    for (const [name, variant] of Object.entries(measured)) {
      if (notServed.has(name)) continue
      progress(`CPU: block ${done + 1} of ${blocks}: ${name}`)
      const comparison = await CpuComparison.start(bare, variant, load)
      try {
        await comparison.warmUp()
        for (let block = done; block < Math.min(blocks, done + BLOCKS_A_PROCESS); block++) ratios.get(name)?.push(1 / await comparison.block(block + 1))
      } catch (error) {
        if (!(error instanceof NotServed)) throw error
        notServed.set(name, error.message)
      } finally {
        await comparison.stop()
      }
    }
  }
  const intervals = new Map([...ratios].filter(([name]) => !notServed.has(name)).map(([name, values]) => [name, medianInterval(values)]))
  const noise = intervals.get('bare again (null)')
  return [...Object.keys(measured)].map((name) => row(name, intervals.get(name), noise, notServed.get(name)))
}

function row (name: string, interval: Interval | undefined, noise: Interval | undefined, failed: string | undefined): Row {
  const isOurs = name === 'monitor'
  return {
    section: 'cpu',
    what: `${name}: CPU of a request over bare's`,
    figure: interval === undefined ? failed ?? 'not measured' : shown(interval),
    peers: {},
    target: isOurs ? `upper bound <= ${MOST}` : '',
    noise: noise === undefined ? 'not measured' : `${noise.low.toFixed(3)} … ${noise.high.toFixed(3)}`,
    verdict: isOurs ? judgeInterval(interval, noise) : 'shown',
    ...(interval !== undefined && { values: interval })
  }
}

function shown ({ median, low, high }: Interval): string {
  return `${median.toFixed(3)} (95 %: ${low.toFixed(3)} … ${high.toFixed(3)})`
}

/** Inconclusive is not a pass: an interval around the target, or a null that is itself too wide, shows nothing. */
function judgeInterval (interval: Interval | undefined, noise: Interval | undefined): Verdict {
  if (interval === undefined || noise === undefined || noise.high - noise.low > WIDEST_NULL || noise.low > 1 || noise.high < 1) return 'inconclusive'
  if (interval.high <= MOST) return 'pass'
  return interval.low > MOST ? 'miss' : 'inconclusive'
}
