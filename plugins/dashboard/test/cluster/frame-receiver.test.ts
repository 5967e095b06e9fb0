import { deflateRawSync } from 'node:zlib'
import t from 'tap'
import type { Frame } from '@plimsoll/core'
import { emptyFrame, seededRandom } from '@plimsoll/core/testing'
import { writeFarewell, writeMessage } from '../../src/cluster/frame-message.ts'
import type { FrameMessage } from '../../src/cluster/frame-message.ts'
import { FrameReceiver } from '../../src/cluster/frame-receiver.ts'
import type { ReceivedFrame } from '../../src/cluster/frame-receiver.ts'
import { until } from './instances.ts'

interface Received { readonly receiver: FrameReceiver, readonly frames: ReceivedFrame[], readonly gone: string[] }

function receive (wanted: (message: FrameMessage) => boolean = () => true): Received {
  const frames: ReceivedFrame[] = []
  const gone: string[] = []
  return { receiver: new FrameReceiver({ life: 'own', wanted, received: (frame) => { frames.push(frame) }, gone: (life) => { gone.push(life) } }), frames, gone }
}

const pack = (value: unknown): Buffer => deflateRawSync(JSON.stringify(value))

function messageOf (frame: Frame, more: Partial<FrameMessage> = {}): Uint8Array {
  return writeMessage({ life: 'other', sequence: frame.sequence, run: 1, part: 0, parts: 1, thinned: 'nothing', bytes: pack(frame), ...more })
}

/** The frame in `parts` messages. */
function split (frame: Frame, parts: number, life = 'other'): Uint8Array[] {
  const bytes = pack(frame)
  const room = Math.ceil(bytes.length / parts)
  return Array.from({ length: parts }, (_, part) => messageOf(frame, { life, part, parts, bytes: bytes.subarray(part * room, (part + 1) * room) }))
}

t.test('a frame is read as it was sent', async (t) => {
  const { receiver, frames } = receive()
  const frame = emptyFrame({ instance: 'b', sequence: 4 })
  receiver.take(messageOf(frame, { run: 2, thinned: 'details' }))
  await until(() => frames.length === 1)
  t.match(frames[0], { life: 'other', run: 2, thinned: 'details', bytes: JSON.stringify(frame).length })
  t.same(frames[0]?.frame, JSON.parse(JSON.stringify(frame)))
})

t.test('own messages, and what is not wanted, are not read', async (t) => {
  const asked: number[] = []
  const { receiver, frames } = receive(({ sequence }) => {
    asked.push(sequence)
    return sequence === 3
  })
  receiver.take(messageOf(emptyFrame({ sequence: 1 }), { life: 'own' }))
  receiver.take(messageOf(emptyFrame({ sequence: 2 })))
  receiver.take(messageOf(emptyFrame({ sequence: 3 })))
  await until(() => frames.length === 1)
  t.same(asked, [2, 3])
  t.equal(frames[0]?.frame.sequence, 3)
})

t.test('parts may come in any order, twice, and from many senders at a time', async (t) => {
  const random = seededRandom(5)
  const { receiver, frames } = receive()
  const messages = ['x', 'y', 'z'].flatMap((life, i) => split(emptyFrame({ instance: life, sequence: i + 1 }), 4, life))
  for (const message of [...messages, ...messages.slice(0, 2)].map((message) => ({ message, order: random() })).sort((a, b) => a.order - b.order)) receiver.take(message.message)
  await until(() => frames.length === 3)
  t.same(frames.map(({ frame }) => frame.instance).sort(), ['x', 'y', 'z'])
  t.same(receiver.counters, { unreadable: 0, refused: 0 })
})

t.test('an incomplete frame makes way for a later one, and parts of two tellings are not mixed', async (t) => {
  const { receiver, frames } = receive()
  const [first] = split(emptyFrame({ sequence: 1 }), 2)
  const [lost, late] = split(emptyFrame({ sequence: 2 }), 2)
  receiver.take(first!)
  receiver.take(lost!)
  receiver.take(lost!)
  receiver.take(split(emptyFrame({ sequence: 2 }), 3)[1]!)
  receiver.take(split(emptyFrame({ sequence: 1 }), 2)[1]!)
  receiver.take(late!)
  await until(() => frames.length === 1)
  t.equal(frames[0]?.frame.sequence, 2)
  t.same(receiver.counters, { unreadable: 0, refused: 0 })
})

t.test('what is no frame is counted, whatever it is', async (t) => {
  const { receiver, frames } = receive()
  const frame = emptyFrame({ sequence: 1 })
  const wrong: Uint8Array[] = [
    Buffer.from('no message'),
    messageOf(frame, { bytes: Buffer.from('not compressed') }),
    messageOf(frame, { bytes: deflateRawSync('{"not":"json"') }),
    messageOf(frame, { bytes: pack({ ...frame, routes: 'many' }) }),
    messageOf(frame, { bytes: pack(null) }),
    messageOf(frame, { bytes: new Uint8Array() }),
    messageOf(frame, { sequence: 2 }),
    // It would be a frame, if it were not that large.
    messageOf(frame, { bytes: pack({ ...frame, more: ' '.repeat(5 * 1024 * 1024) }) })
  ]
  for (const bytes of wrong) receiver.take(bytes)
  await until(() => receiver.counters.unreadable === wrong.length)
  t.equal(frames.length, 0)
  t.equal(receiver.counters.refused, 0)
})

t.test('random bytes never throw', async (t) => {
  const random = seededRandom(9)
  const { receiver, frames } = receive()
  const good = messageOf(emptyFrame({ sequence: 1 }))
  for (let i = 0; i < 2_000; i++) {
    const bytes = Uint8Array.from(good)
    for (let changes = 0; changes < 1 + random() * 20; changes++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
    receiver.take(bytes.subarray(0, Math.ceil(random() * bytes.length)))
  }
  receiver.take(messageOf(emptyFrame({ sequence: 9_999 })))
  await until(() => frames.some(({ frame }) => frame.sequence === 9_999) || receiver.counters.refused > 0)
  t.ok(receiver.counters.unreadable > 500)
})

t.test('prototype keys of another process stay out', async (t) => {
  const { receiver, frames } = receive()
  const frame = JSON.stringify(emptyFrame({ sequence: 1, components: [{ kind: 'x', name: 'y', health: { status: 'ok' }, snapshot: {} }] })).replace('"snapshot":{}', '"snapshot":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}')
  receiver.take(messageOf(emptyFrame({ sequence: 1 }), { bytes: deflateRawSync(frame) }))
  await until(() => frames.length === 1)
  t.same(Object.keys(frames[0]!.frame.components[0]!.snapshot), [])
  t.equal(Reflect.get({}, 'polluted'), undefined)
})

t.test('senders whose parts never come, and frames that come faster than they are read, are bounded', async (t) => {
  const { receiver, frames } = receive()
  for (let i = 0; i < 150; i++) receiver.take(split(emptyFrame({ sequence: 1 }), 2, `mute-${i}`)[0]!)
  t.equal(receiver.counters.refused, 50)
  receiver.take(writeFarewell('mute-0'))
  receiver.take(split(emptyFrame({ sequence: 1 }), 2, 'mute-again')[0]!)
  t.equal(receiver.counters.refused, 50, 'one that left makes room')
  for (let i = 0; i < 130; i++) receiver.take(messageOf(emptyFrame({ sequence: 1 }), { life: `fast-${i}` }))
  t.equal(receiver.counters.refused, 80)
  await until(() => frames.length === 100)
})

t.test('a farewell is told', async (t) => {
  const { receiver, gone } = receive()
  receiver.take(writeFarewell('other'))
  t.same(gone, ['other'])
})
