import t from 'tap'
import { Replay } from '../../src/server/replay.ts'

const texts = (events: readonly Buffer[]): string[] => events.map(String)

t.test('who was cut off is given what came since', async (t) => {
  const replay = new Replay()
  t.equal(replay.newest, undefined)
  for (const id of [5, 6, 8]) replay.add(id, Buffer.from(`${id}`))
  t.strictSame(texts(replay.since(5)), ['6', '8'])
  t.strictSame(texts(replay.since(7)), ['8'])
  t.strictSame(texts(replay.since(0)), ['5', '6', '8'])
  t.strictSame(replay.since(8), [])
  t.strictSame(replay.since(9), [], 'from an instance whose clock is ahead')
  t.equal(String(replay.newest), '8')
})

t.test('a minute is kept', async (t) => {
  const replay = new Replay()
  for (let id = 1; id <= 500; id++) replay.add(id, Buffer.from('x'))
  t.equal(replay.since(0).length, 60)
  t.equal(replay.bytes, 60)
})

t.test('at most 2 MiB are kept, and one event in any case', async (t) => {
  const replay = new Replay()
  for (let id = 1; id <= 60; id++) replay.add(id, Buffer.alloc(100_000))
  t.ok(replay.bytes <= 2_097_152)
  t.equal(replay.since(0).length, 20)
  replay.add(61, Buffer.alloc(5_000_000))
  t.equal(replay.since(0).length, 1)
})
