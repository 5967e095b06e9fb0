import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { progress } from '../overload/progress.ts'
import { judge } from '../overload/row.ts'
import type { Row } from '../overload/row.ts'
import { summarize } from '../overload/statistics.ts'
import type { Summary } from '../overload/statistics.ts'

const RECORD_TARGET_NS = 30
const TIMES_CHEAPER = 40
const WAYS = ['empty', 'monitor', 'monitor-settled', 'prom-client', 'prom-client child', 'opentelemetry'] as const

interface Recording { readonly ns: number[], readonly bytes: number[] }

const run = promisify(execFile)

/** Nanoseconds and bytes of recording one request, each way in processes of its own, in turn. */
export async function recordingRows (processes: number): Promise<Row[]> {
  const results = new Map<string, Recording>(WAYS.map((way) => [way, { ns: [], bytes: [] }]))
  for (let i = 0; i < processes; i++) {
    for (const way of WAYS) {
      progress(`recording: ${way}, process ${i + 1} of ${processes}`)
      const { stdout } = await run(process.execPath, ['--conditions=plimsoll:source', '--max-semi-space-size=256', '--min-semi-space-size=256', fileURLToPath(new URL('./recording-process.ts', import.meta.url)), '--what', way], { env: { ...process.env, NODE_NO_WARNINGS: '1' } })
      const { ns, bytes }: Recording = JSON.parse(stdout)
      const result = results.get(way)
      if (result === undefined) continue
      // The quickest round: whatever else the machine does can only add to it.
      result.ns.push(Math.min(...ns))
      result.bytes.push(...bytes)
    }
  }
  const of = (way: typeof WAYS[number]): Summary => summarize(results.get(way)?.ns ?? [])
  const empty = of('empty')
  const noise = empty.max - empty.min
  const net = (way: typeof WAYS[number]): number => of(way).median - empty.median
  const bytesOf = (way: typeof WAYS[number]): number => Math.round(summarize(results.get(way)?.bytes ?? []).median * 10) / 10
  const shown = (way: typeof WAYS[number]): string => `${net(way).toFixed(1)} ns, ${bytesOf(way)} B`
  const peers = { 'prom-client': shown('prom-client'), 'prom-client, labels resolved': shown('prom-client child'), OpenTelemetry: shown('opentelemetry') }
  const times = net('prom-client') / net('monitor')
  return [
    { section: 'recording', what: 'recording one duration, net of an empty loop', figure: `${net('monitor').toFixed(1)} ns`, peers, target: `<= ${RECORD_TARGET_NS} ns`, noise: `${noise.toFixed(1)} ns`, verdict: judge(net('monitor'), { atMost: RECORD_TARGET_NS }, noise), values: Object.fromEntries(results) },
    { section: 'recording', what: 'bytes allocated for it', figure: `${bytesOf('monitor')} B`, peers: {}, target: '0', noise: `${bytesOf('empty')} B`, verdict: judge(bytesOf('monitor'), { atMost: 0 }, 0) },
    { section: 'recording', what: 'times cheaper than prom-client\'s observe', figure: `${times.toFixed(0)}x`, peers: {}, target: `>= ${TIMES_CHEAPER}x`, noise: '', verdict: judge(times, { atLeast: TIMES_CHEAPER }, 0) },
    { section: 'recording', what: 'a whole settlement: clock, class, bytes, sample, route', figure: shown('monitor-settled'), peers: {}, target: '', noise: `${noise.toFixed(1)} ns`, verdict: 'shown', note: 'the clock alone is most of it; what a request costs in all is the CPU row' }
  ]
}
