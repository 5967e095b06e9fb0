import { setTimeout as delay } from 'node:timers/promises'
import { progress } from '../overload/progress.ts'
import type { Row } from '../overload/row.ts'
import { ViewedService } from './viewed-service.ts'
import { Viewer } from './viewer.ts'

/** So fast that the kernel's buffers are full in seconds: they are the network's, and not counted. */
const SPEED = 100
const BOUND_MS = 60_000

/** How much memory a viewer that reads no more holds, while another goes on. */
export async function stalledViewerRows (): Promise<Row[]> {
  const service = await ViewedService.start({ speed: SPEED })
  try {
    progress('stalled viewer')
    const reader = await Viewer.watch(service.stream, true)
    const stalled = await Viewer.watch(service.stream)
    const deadline = performance.now() + BOUND_MS
    while (stalled.bytes === 0 && performance.now() < deadline) await delay(50)
    stalled.stall()
    // Until something is held: the kernel takes no more. Then for as long again, and a thousand frames.
    let { held } = await service.ask('forget held')
    while (held === 0 && performance.now() < deadline) {
      await delay(200)
      held = (await service.ask()).held
    }
    const viewsThen = reader.views
    while (reader.views < viewsThen + 1000 && performance.now() < deadline) await delay(200)
    const { held: most } = await service.ask()
    const further = reader.views - viewsThen
    const frame = reader.viewBytes
    const conclusive = held > 0 && further >= 1000
    return [
      { section: 'stalled', what: 'bytes of a view (50 routes, 10 upstreams)', figure: `${(frame / 1000).toFixed(1)} kB`, peers: {}, target: '', noise: '', verdict: 'shown' },
      {
        section: 'stalled',
        what: 'most that a viewer who reads no more holds',
        figure: `${(most / 1000).toFixed(1)} kB, ${(most / frame).toFixed(2)} frames`,
        peers: { 'frames sent to another meanwhile': String(further) },
        target: '<= 1 frame and its event lines',
        noise: '',
        verdict: !conclusive ? 'inconclusive' : most <= frame * 1.1 + 500 ? 'pass' : 'miss'
      }
    ]
  } finally {
    await service.stop()
  }
}
