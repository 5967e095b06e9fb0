import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { judge, percent, spread } from '../overload/row.ts'
import type { Row } from '../overload/row.ts'
import { progress } from '../overload/progress.ts'
import { median, summarize } from '../overload/statistics.ts'
import type { HeldReport, Kind } from './held-process.ts'

const run = promisify(execFile)
const KINDS: readonly Kind[] = ['plimsoll', 'opossum', 'cockatiel', 'mollitia']
const bytes = (value: number): string => `${value.toFixed(0)} B`

/** Bytes that a call allocates, in a process whose young generation holds them all. */
export async function bytesRows (repeats: number): Promise<Row[]> {
  const names = ['bare', 'permit form', 'execute', 'cockatiel sampling', 'opossum', 'mollitia count', 'bare again']
  const found = new Map<string, number[]>(names.map(name => [name, []]))
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const name of names) {
      progress(`bytes: ${name}`)
      const { stdout } = await run(process.execPath, ['--conditions=plimsoll:source', '--expose-gc', '--max-semi-space-size=256', '--min-semi-space-size=256', beside('allocation-process.ts'), name])
      found.get(name)?.push(Number(stdout))
    }
  }
  const at = (name: string): readonly number[] => found.get(name) ?? []
  const added = at('permit form').map((value, repeat) => value - (at('bare')[repeat] ?? NaN))
  return [{
    section: 'bytes',
    what: 'permit form, closed: bytes added to a bare await fn()',
    figure: spread(summarize(added), bytes),
    peers: Object.fromEntries([...found].map(([name, values]) => [name, bytes(median(values))])),
    target: '<= 64 B',
    noise: bytes(Math.abs(median(at('bare again')) - median(at('bare')))),
    verdict: judge(median(added), { atMost: 64 }, 0),
    values: Object.fromEntries(found)
  }]
}

/** Memory and timers of a circuit that has made a call. */
export async function sizeRows (): Promise<Row[]> {
  const reports = new Map<Kind, HeldReport>()
  const timers = new Map<Kind, number>()
  for (const kind of [...KINDS, 'plimsoll, in use'] as const) {
    progress(`size: ${kind}`)
    reports.set(kind, await hold(kind, 10_000, 0))
    timers.set(kind, (await hold(kind, 1000, 0, 'timers')).timers)
  }
  const ours = reports.get('plimsoll')?.bytes ?? NaN
  const ourTimers = timers.get('plimsoll') ?? NaN
  return [
    { section: 'size', what: 'a circuit that has made a call: bytes of heap and buffers, with the closure that makes it', figure: bytes(ours), peers: Object.fromEntries([...reports].map(([kind, report]) => [kind, bytes(report.bytes)])), target: '<= 1024 B', noise: '', verdict: judge(ours, { atMost: 1024 }, 0), values: Object.fromEntries(reports) },
    { section: 'size', what: 'timers of 1,000 idle circuits', figure: String(ourTimers), peers: Object.fromEntries([...timers].map(([kind, count]) => [kind, String(count)])), target: '<= 0', noise: '', verdict: judge(ourTimers, { atMost: 0 }, 0) }
  ]
}

/** CPU of a process with 1,000 idle circuits, minus that of one without, all at the same time. */
export async function idleRows (seconds: number): Promise<Row[]> {
  progress(`idle: ${seconds} s`)
  const kinds: Kind[] = ['none', 'plimsoll', 'none', 'plimsoll', 'none', 'plimsoll', 'none', 'opossum', 'cockatiel', 'mollitia']
  const reports = await Promise.all(kinds.map(async kind => ({ kind, share: (await hold(kind, 1000, seconds)).cpuShare })))
  const shares = (kind: Kind): number[] => reports.filter(report => report.kind === kind).map(({ share }) => share)
  const without = median(shares('none'))
  const added = shares('plimsoll').map(share => share - without)
  const noise = Math.max(...shares('none')) - Math.min(...shares('none'))
  return [{
    section: 'idle',
    what: `1,000 idle circuits over ${seconds} s: CPU of one core, minus that of a process without`,
    figure: spread(summarize(added), share => percent(share, 3)),
    peers: Object.fromEntries(['opossum', 'cockatiel', 'mollitia'].map(kind => [kind, percent(median(shares(kind as Kind)) - without, 3)])),
    target: '<= 0.1 %',
    noise: percent(noise, 3),
    verdict: judge(median(added), { atMost: 0.001 }, noise),
    values: reports
  }]
}

async function hold (kind: Kind, count: number, seconds: number, ...more: readonly string[]): Promise<HeldReport> {
  const { stdout } = await run(process.execPath, ['--conditions=plimsoll:source', '--expose-gc', beside('held-process.ts'), kind, String(count), String(seconds), ...more])
  return JSON.parse(stdout)
}

function beside (file: string): string { return fileURLToPath(new URL(file, import.meta.url)) }
