import t from 'tap'
import { seededRandom } from '@plimsoll/core/testing'
import { EventStream } from '../../src/top/event-stream.ts'
import type { StreamEvent } from '../../src/top/event-stream.ts'

function read (...pieces: ReadonlyArray<string | Uint8Array>): StreamEvent[] {
  const stream = new EventStream()
  return pieces.flatMap((piece) => [...stream.take(typeof piece === 'string' ? Buffer.from(piece) : piece)])
}

const TEXT = '\ufeffretry: 2000\r\n\r\n: comment\nevent: metrics\nid: 7\ndata: {"a":"é日🚀"}\ndata:second\n\nid: 8\revent:worker\rdata\r\rdata:  two blanks\r\n\r\nunknown: x\n\nevent: empty\n\ndata: lost'
const EVENTS: readonly StreamEvent[] = [
  { event: 'metrics', data: '{"a":"é日🚀"}\nsecond', id: '7' },
  { event: 'worker', data: '', id: '8' },
  { event: 'message', data: ' two blanks', id: '8' }
]

t.test('events are read as the standard says', async (t) => {
  t.same(read(TEXT), EVENTS)
  t.same(read('id: a\0b\ndata: x\n\n'), [{ event: 'message', data: 'x', id: '' }])
})

t.test('however the bytes are cut', async (t) => {
  const bytes = Buffer.from(TEXT)
  t.same(read(...Array.from(bytes, (byte) => Uint8Array.of(byte))), EVENTS)
  const random = seededRandom(2)
  for (let i = 0; i < 100; i++) {
    const pieces: Uint8Array[] = []
    for (let at = 0; at < bytes.length;) {
      const end = at + Math.floor(random() * 9)
      pieces.push(bytes.subarray(at, end))
      at = end
    }
    t.same(read(...pieces), EVENTS)
  }
})

t.test('line breaks of one character, one after the other, are as many', async (t) => {
  t.same(read('data: a\r', '', '\ndata: b\n\n'), [{ event: 'message', data: 'a\nb', id: '' }])
  t.same(read('data: a\r', '\n', '\n', 'data: b\n', '\n'), [{ event: 'message', data: 'a', id: '' }, { event: 'message', data: 'b', id: '' }])
})

t.test('the wish for the next attempt is kept, if it is a number', async (t) => {
  const stream = new EventStream()
  t.same([...stream.take(Buffer.from('retry: 100\nretry: soon\nretry: -1\n'))], [])
  t.equal(stream.retry, 100)
})

t.test('an event without an end is refused at 16 MiB, in one line or in many', async (t) => {
  const piece = Buffer.alloc(1024 * 1024, 'x')
  t.throws(() => { read(...Array.from({ length: 20 }, () => piece)) }, RangeError)
  const line = Buffer.concat([Buffer.from('data: '), piece, Buffer.from('\n')])
  t.throws(() => { read(...Array.from({ length: 20 }, () => line)) }, RangeError)
  t.equal(read(...Array.from({ length: 20 }, () => Buffer.concat([line, Buffer.from('\n')]))).length, 20)
})
