import { setTimeout as sleep } from 'node:timers/promises'
import { startGenerator, tallyOf, type Phase } from '../../../tools/load/index.ts'
import type { Bench } from '../bench.ts'
import { progress } from '../progress.ts'
import { judge, type Row } from '../row.ts'
import { cores, ServerProcess } from '../server-process.ts'
import { median, summarize } from '../statistics.ts'
import type { Variant } from '../variants.ts'

const CONNECTIONS = 10_000
const ALLOWED_BYTES = 200
const ARRIVALS_A_SECOND = 2000

interface Measured {
  /** Heap and external memory after garbage collection, above the same server without connections. */
  readonly bytesPerConnection: number
  /** Requests in flight at that moment. */
  readonly held: number
  readonly errors: number
}

/** What the state of ten thousand connections costs, used but idle, and with requests in flight. */
export async function connections (bench: Bench): Promise<Row[]> {
  const repeats = bench.options.quick ? 1 : 2
  const variants = await bench.variants(['under-pressure', 'overload-protection'])
  const rows: Row[] = []
  for (const state of bench.options.quick ? ['in flight'] : ['idle after use', 'in flight']) {
    const measured: Record<string, Measured[]> = {}
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const variant of variants) {
        progress(`${CONNECTIONS} connections ${state}: ${variant.name}`)
        ;(measured[variant.name] ??= []).push(await measure(bench, variant, state === 'in flight'))
      }
    }
    progress('')
    rows.push(row(state, measured))
  }
  return rows
}

async function measure (bench: Bench, variant: Variant, hold: boolean): Promise<Measured> {
  const server = await ServerProcess.start({ variant, work: '0/0', roundsPerMs: bench.roundsPerMs })
  try {
    const before = await server.memory()
    // More arrivals than connections, which take turns, so that every one has carried a request.
    const seconds = 1.1 * CONNECTIONS / ARRIVALS_A_SECOND
    const phases: Phase[] = [{ name: 'load', seconds, rate: ARRIVALS_A_SECOND }, { name: 'quiet', seconds: 3, rate: 0 }]
    const generator = startGenerator({
      loop: 'open',
      mode: 'warm',
      port: server.port,
      connections: CONNECTIONS,
      classes: [{ name: 'normal', weight: 1, path: hold ? '/hold' : '/normal' }],
      phases,
      timeoutMs: 120_000,
      deadlineMs: 120_000,
      seed: bench.nextSeed()
    }, cores.generator)
    await generator.ready
    await sleep((seconds + 1) * 1000)
    const during = await server.memory()
    // Whoever found no free connection comes only now, and has to be let go too.
    const releasing = setInterval(() => server.release(), 100)
    const report = await generator.done
    clearInterval(releasing)
    const tally = tallyOf(report)
    return {
      bytesPerConnection: ((during.liveBytes ?? NaN) - (before.liveBytes ?? NaN)) / CONNECTIONS,
      held: during.held,
      errors: tally.reset + tally.error + tally.timeout
    }
  } finally {
    await server.stop()
  }
}

function row (state: string, measured: Record<string, Measured[]>): Row {
  const bytes = (name: string): number[] => (measured[name] ?? []).map(each => each.bytesPerConnection)
  const bare = median(bytes('none'))
  const above = bytes('plimsoll').map(value => value - bare)
  const errors = (measured['plimsoll'] ?? []).reduce((total, each) => total + each.errors, 0)
  const summary = summarize(above)
  const noise = summarize(bytes('none').map(value => value - bare))
  const held = Object.entries(measured).map(([name, runs]) => `${name} ${median(runs.map(run => run.held))}`)
  return {
    section: 'connections',
    what: `${CONNECTIONS} connections ${state}: bytes a connection above bare; socket errors`,
    figure: `${summary.median.toFixed(0)} B; ${errors}`,
    peers: { 'bare itself': `${bare.toFixed(0)} B` },
    target: `<= ${ALLOWED_BYTES} B; 0`,
    noise: `${((noise.max - noise.min) / 2).toFixed(0)} B`,
    verdict: errors > 0 ? 'miss' : judge(summary.median, { atMost: ALLOWED_BYTES }, (noise.max - noise.min) / 2),
    ...(state === 'in flight' ? { note: `requests in flight: ${held.join(', ')}` } : {}),
    values: measured
  }
}
