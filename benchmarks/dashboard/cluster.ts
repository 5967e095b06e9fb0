import { Coordinator, LocalDriver, LocalStore, systemClock } from '@plimsoll/core'
import type { Frame } from '@plimsoll/core'
import { emptyFrame } from '@plimsoll/core/testing'
import { FrameReceiver } from '../../plugins/dashboard/src/cluster/frame-receiver.ts'
import { FrameSender } from '../../plugins/dashboard/src/cluster/frame-sender.ts'
import { progress } from '../overload/progress.ts'
import type { Row } from '../overload/row.ts'
import { ms } from '../overload/row.ts'
import { median } from '../overload/statistics.ts'
import { BusyService } from './busy-service.ts'

const CHANNEL = 'frames'
const COMPONENTS = 10

/** What an instance pays for each second in which it is looked at from another one, and what that one pays for it. */
export async function clusterRows (frames: number): Promise<Row[]> {
  return [...await rowsOf(50, frames), ...await rowsOf(500, Math.max(20, Math.ceil(frames / 5)))]
}

async function rowsOf (routes: number, frames: number): Promise<Row[]> {
  progress(`cluster: ${routes} routes`)
  const store = new LocalStore(systemClock)
  const coordinator = new Coordinator({ id: 'a', driver: new LocalDriver({ clock: systemClock, store }), clock: systemClock })
  await coordinator.connect()
  const messages: Uint8Array[] = []
  let arrived = (): void => {}
  coordinator.broadcasts.receive(CHANNEL, (bytes) => {
    messages.push(bytes)
    arrived()
  })
  let tell = (_frame: Frame): void => {}
  const sender = new FrameSender({ frames: { subscribe: (listener) => { tell = listener; return () => {} } }, coordinator, clock: { now: () => 0 }, channel: CHANNEL })
  sender.asked()
  const service = new BusyService(routes)
  const made = Array.from({ length: frames }, (_, i) => frameOf(service, i + 1))

  const sending: number[] = []
  for (const frame of made) {
    sending.push(await cpuOf((done) => {
      arrived = done
      tell(frame)
    }))
  }
  let read = (): void => {}
  const receiver = new FrameReceiver({ life: 'viewer', wanted: () => true, received: () => { read() }, gone: () => {} })
  const perFrame = messages.length / frames
  const receiving: number[] = []
  for (let i = 0; i < frames; i++) {
    receiving.push(await cpuOf((done) => {
      read = done
      for (const bytes of messages.slice(i * perFrame, (i + 1) * perFrame)) receiver.take(bytes)
    }))
  }
  await coordinator.close()
  store.close()
  const json = median(made.map((frame) => JSON.stringify(frame).length))
  const sent = sender.counters.bytes / frames
  const row = (what: string, figure: string, note?: string): Row => ({ section: 'cluster', what: `${routes} routes, 10 upstreams: ${what}`, figure, peers: {}, target: '', noise: '', verdict: 'shown', ...(note !== undefined && { note }) })
  return [
    row('a frame as it travels', `${(sent / 1000).toFixed(1)} kB in ${perFrame} messages`, `as JSON ${(json / 1000).toFixed(1)} kB, ${(json / sent).toFixed(1)} times as much; thinned out: ${sender.counters.thinned} of ${frames}`),
    row('CPU to send a frame, all threads', ms(median(sending.slice(10)))),
    row('CPU to receive a frame, all threads', ms(median(receiving.slice(10))))
  ]
}

function frameOf (service: BusyService, sequence: number): Frame {
  const breakers = Array.from({ length: 10 }, (_, i) => ({ name: `https://service-${i}.internal`, state: 'closed', failureRate: i / 1000, slowRate: 0, calls: 1000 * i, refused: 0, openForMs: 0, retryAfterMs: 0 }))
  return emptyFrame({ sequence, ...service.collect(), components: Array.from({ length: COMPONENTS }, (_, i) => ({ kind: 'circuit-breaker', name: `breakers-${i}`, health: { status: 'ok' }, snapshot: { breakers } })) })
}

/** Milliseconds of CPU of the whole process until it is done; while others of its threads work, it waits. */
async function cpuOf (start: (done: () => void) => void): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const before = process.cpuUsage()
  start(resolve)
  await promise
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
