import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { Frame } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'
import { readMessage } from '../../src/cluster/frame-message.ts'
import type { FrameMessage } from '../../src/cluster/frame-message.ts'
import { FrameReceiver } from '../../src/cluster/frame-receiver.ts'
import type { ReceivedFrame } from '../../src/cluster/frame-receiver.ts'
import { FrameSender } from '../../src/cluster/frame-sender.ts'
import type { FrameSenderPorts } from '../../src/cluster/frame-sender.ts'
import { HandFrames, until } from './instances.ts'

type Coordinator = FrameSenderPorts['coordinator']

interface Sending {
  readonly sender: FrameSender
  readonly frames: HandFrames
  readonly messages: FrameMessage[]
  readonly received: ReceivedFrame[]
}

/** A sender on a backend that carries `maxBroadcastBytes`, and what arrives. */
function sending ({ maxBroadcastBytes = 64 * 1024, mode = 'cluster', send = async () => {} }: { readonly maxBroadcastBytes?: number, readonly mode?: Coordinator['mode'], readonly send?: () => Promise<void> } = {}): Sending {
  const clock = fakeClock()
  const frames = new HandFrames('a', clock)
  const messages: FrameMessage[] = []
  const received: ReceivedFrame[] = []
  const receiver = new FrameReceiver({ life: 'viewer', wanted: () => true, received: (frame) => { received.push(frame) }, gone: () => {} })
  const coordinator: Coordinator = {
    incarnation: 'a~1',
    mode,
    capabilities: { scope: 'cluster', consistency: 'local', durable: false, watch: 'push', minTtlMs: 1, granularityMs: 1, maxValueBytes: 1e6, maxBroadcastBytes },
    broadcasts: {
      send: async (_: string, bytes: Uint8Array) => {
        if (bytes.length > maxBroadcastBytes) throw new RangeError('too large')
        const message = readMessage(bytes)
        if (message !== undefined && 'bytes' in message) messages.push(message)
        receiver.take(bytes)
        await send()
      }
    }
  }
  return { sender: new FrameSender({ frames, clock, channel: 'frames', coordinator }), frames, messages, received }
}

/** Text that compressing makes no smaller than three quarters. */
const noise = (bytes: number): string => randomBytes(Math.ceil(bytes * 0.75)).toString('base64')

const routes = (count: number): Frame['routes'] => Array.from({ length: count }, (_, i) => ({
  method: 'GET', route: `/${noise(900)}`, inFlight: 0, classes: { '2xx': { count: 1, time: 5, buckets: [i % 800, 1], requestBytes: 0, responseBytes: 0 } }
}))

const details = (bytes: number): Partial<Frame> => ({
  components: Array.from({ length: Math.ceil(bytes / 1000) }, (_, i) => ({ kind: 'pool', name: `p${i}`, health: { status: 'ok' }, snapshot: { text: noise(900) } })),
  journal: [{ sequence: 1, at: 1, component: 'core', event: 'x', message: 'y', severity: 'info', data: {} }],
  journalMissed: 2
})

t.test('a frame that fits is one message', async (t) => {
  const { sender, frames, messages, received } = sending()
  sender.asked()
  frames.tick()
  await until(() => received.length === 1 && sender.counters.frames === 1)
  t.match(messages, [{ life: 'a~1', sequence: 1, run: 1, part: 0, parts: 1, thinned: 'nothing' }])
  t.same(received[0]?.frame, JSON.parse(JSON.stringify(frames.latest)))
  t.match(sender.counters, { frames: 1, bytes: messages[0]!.bytes.length, skipped: 0, thinned: 0 })
})

t.test('a larger one is split to the limit of the backend, and whole where it arrives', async (t) => {
  const { sender, frames, messages, received } = sending({ maxBroadcastBytes: 16 * 1024 })
  sender.asked()
  frames.tick({ routes: routes(50) })
  await until(() => received.length === 1)
  t.ok(messages.length > 2 && messages.length <= 8, String(messages.length))
  t.same(received[0]?.frame.routes, frames.latest?.routes)
  t.equal(sender.counters.thinned, 0)
})

t.test('what does not fit loses its details first, and says so', async (t) => {
  const { sender, frames, received } = sending({ maxBroadcastBytes: 16 * 1024 })
  sender.asked()
  frames.tick({ routes: routes(20), ...details(150_000) })
  await until(() => received.length === 1 && sender.counters.frames === 1)
  const [{ frame, thinned }] = received as [ReceivedFrame]
  t.equal(thinned, 'details')
  t.equal(frame.routes.length, 20)
  t.match(frame, { journal: [], journalMissed: 3, slow: [], figures: [] })
  t.equal(frame.components.length, 150, 'it is still said which components there are, and how they are')
  t.same(frame.components[0], { kind: 'pool', name: 'p0', health: { status: 'ok' }, snapshot: {} })
  t.equal(sender.counters.thinned, 1)
})

t.test('then its traffic, so that it is at least known to live', async (t) => {
  const { sender, frames, received } = sending({ maxBroadcastBytes: 16 * 1024 })
  sender.asked()
  frames.tick({ routes: routes(200), ...details(10_000) })
  await until(() => received.length === 1)
  t.match(received[0], { thinned: 'traffic', frame: { routes: [], upstreams: [], components: [], vitals: frames.latest?.vitals } })
})

t.test('a frame of more than four megabytes is thinned, however well it can be compressed', async (t) => {
  const { sender, frames, received } = sending()
  sender.asked()
  frames.tick({ components: [{ kind: 'x', name: 'y', health: { status: 'ok' }, snapshot: { text: ' '.repeat(5_000_000) } }] })
  await until(() => received.length === 1)
  t.equal(received[0]?.thinned, 'details')
})

t.test('a backend that carries next to nothing gets nothing, which is counted', async (t) => {
  const { sender, frames, received } = sending({ maxBroadcastBytes: 100 })
  sender.asked()
  frames.tick()
  await until(() => sender.counters.skipped === 1)
  t.same(sender.counters, { frames: 0, bytes: 0, skipped: 1, thinned: 0 })
  t.equal(received.length, 0)
})

t.test('while the backend is slow frames are left out and counted, not piled up', async (t) => {
  const slow = Promise.withResolvers<void>()
  const { sender, frames, messages } = sending({ send: () => slow.promise })
  sender.asked()
  for (let i = 0; i < 10; i++) frames.tick()
  t.equal(sender.counters.skipped, 7)
  slow.resolve()
  await until(() => sender.counters.frames === 3)
  frames.tick()
  await until(() => sender.counters.frames === 4)
  t.same(messages.map(({ sequence }) => sequence).sort((a, b) => a - b), [1, 2, 3, 11])
})

t.test('while the backend is away nothing is compressed', async (t) => {
  const { sender, frames, messages } = sending({ mode: 'degraded' })
  sender.asked()
  frames.tick()
  t.same(sender.counters, { frames: 0, bytes: 0, skipped: 0, thinned: 0 })
  t.equal(messages.length, 0)
})

t.test('what is sent after a pause says where it began anew', async (t) => {
  const { sender, frames, messages } = sending()
  const keep = frames.subscribe(() => {})
  sender.asked()
  frames.tick()
  sender.stop()
  frames.tick()
  sender.asked()
  frames.tick()
  frames.tick()
  await until(() => messages.length === 3)
  t.same(messages.map(({ sequence, run }) => [sequence, run]).sort(), [[1, 1], [3, 3], [4, 3]])
  keep()
})
