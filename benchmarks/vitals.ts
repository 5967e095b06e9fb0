import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { progress } from './overload/progress.ts'
import { judge, percent } from './overload/row.ts'
import type { Row } from './overload/row.ts'
import { median, summarize } from './overload/statistics.ts'
import { printRows, summaryLine } from './overload/table.ts'
import { fileReadCosts } from './vitals/file-reads.ts'

// npm run bench -- vitals: what watching itself costs an idle process, above one that does not.

/** Share of a core, on bare metal. */
const TARGET = 0.001

const variants: Readonly<Record<string, string>> = {
  none: 'idle again (null)',
  vitals: 'vitals, 1 subscriber',
  'vitals-50': 'vitals, 50 subscribers',
  'native-50': 'monitorEventLoopDelay at 50 ms, alone',
  'native-10': 'monitorEventLoopDelay at 10 ms, alone',
  'timer-50': 'a JS timer of 50 ms, alone',
  'under-pressure': '@fastify/under-pressure, its defaults'
}

const { values: options } = parseArgs({ options: { rounds: { type: 'string' }, quick: { type: 'boolean', default: false }, json: { type: 'string' } } })
await main(Number(options.rounds ?? (options.quick ? 2 : 7)), options.quick ? 4 : 8)

async function main (rounds: number, seconds: number): Promise<void> {
  const started = performance.now()
  console.log(`vitals: ${rounds} rounds of ${seconds} s, the variants of a round beside one another; Node ${process.version}`)
  const above = new Map<string, number[]>(Object.keys(variants).map((name) => [name, []]))
  for (let round = 1; round <= rounds; round++) {
    progress(`round ${round} of ${rounds}`)
    // All of them idle together: they see the same disturbances and hardly disturb each other.
    const [bare = NaN, ...shares] = await Promise.all(['none', ...Object.keys(variants)].map((name) => cpuShare(name, seconds)))
    for (const [i, name] of Object.keys(variants).entries()) above.get(name)?.push((shares[i] ?? NaN) - bare)
  }
  progress('')
  const noise = Math.max(...(above.get('none') ?? []).map(Math.abs))
  const rows = [...above].map(([name, values]): Row => {
    const { min, max } = summarize(values)
    const isOurs = name === 'vitals'
    return {
      section: 'vitals',
      what: variants[name] ?? name,
      figure: `${percent(median(values), 3)} of a core (${percent(min, 3)} … ${percent(max, 3)})`,
      peers: {},
      target: isOurs ? `${percent(TARGET)} on bare metal` : '',
      noise: isOurs ? percent(noise, 3) : '',
      verdict: isOurs ? judge(median(values), { atMost: TARGET }, noise) : 'shown',
      values
    }
  })
  printRows('CPU above an idle process', rows)
  const files = await readRows()
  if (files.length > 0) printRows('reading a file of the kernel, CPU of all threads', files)
  if (options.json !== undefined) writeFileSync(options.json, JSON.stringify({ rounds, seconds, rows: [...rows, ...files] }, undefined, 1))
  console.log(`\n${summaryLine('vitals', rows, (performance.now() - started) / 1000)}`)
}

async function cpuShare (name: string, seconds: number): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=plimsoll:source', join(import.meta.dirname, 'vitals/idle-process.ts'), name, String(seconds)])
  return Number(JSON.parse(stdout))
}

async function readRows (): Promise<Row[]> {
  if (process.platform !== 'linux') return []
  const path = '/proc/self/cgroup'
  const { sync, async } = await fileReadCosts(path)
  return [{ section: 'files', what: path, figure: `readFileSync ${sync.toFixed(1)} µs`, peers: { 'fs/promises': `${async.toFixed(1)} µs` }, target: '', noise: '', verdict: 'shown' }]
}
