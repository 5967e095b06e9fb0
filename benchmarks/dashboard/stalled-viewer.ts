import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { progress } from '../overload/progress.ts'
import type { Row } from '../overload/row.ts'
import { ViewedService } from './viewed-service.ts'
import { Viewer } from './viewer.ts'

/** Faster than real, so that it takes seconds. */
const SPEED = 10
const BOUND_MS = 60_000
/** Frames that another viewer has to get while this one holds what it holds. */
const FURTHER = 30

/**
 * How much memory a viewer that reads no more holds, while another goes on. Over a Unix socket: the kernel's buffer of it
 * is some 200 kB, where that of TCP takes megabytes before a process has to hold anything.
 */
export async function stalledViewerRows (): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-bench-'))
  const socket = join(folder, 'socket')
  const service = await ViewedService.start({ speed: SPEED, socket })
  try {
    progress('stalled viewer')
    const reader = await Viewer.watch(service.stream, true, socket)
    const stalled = await Viewer.watch(service.stream, true, socket)
    const deadline = performance.now() + BOUND_MS
    const inTime = (): boolean => performance.now() < deadline
    while (stalled.views === 0 && inTime()) await delay(50)
    stalled.stall()
    await service.ask('forget held')
    while ((await service.ask()).held === 0 && inTime()) await delay(50)
    const before = reader.views
    while (reader.views < before + FURTHER && inTime()) await delay(50)
    const { held, streams } = await service.ask()
    const frame = reader.viewBytes
    const further = reader.views - before
    const conclusive = held > 0 && further >= FURTHER && streams === 2
    return [
      { section: 'stalled', what: 'bytes of a view (50 routes, 10 upstreams)', figure: `${(frame / 1000).toFixed(1)} kB`, peers: {}, target: '', noise: '', verdict: 'shown' },
      {
        section: 'stalled',
        what: 'most that a viewer who reads no more holds',
        figure: `${(held / 1000).toFixed(1)} kB, ${(held / frame).toFixed(2)} frames`,
        peers: { 'frames sent to another meanwhile': String(further) },
        target: '<= 1 frame and its event lines',
        noise: '',
        verdict: !conclusive ? 'inconclusive' : held <= frame * 1.1 + 500 ? 'pass' : 'miss'
      }
    ]
  } finally {
    await service.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
