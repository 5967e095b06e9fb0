import t from 'tap'
import { Viewer } from '../../src/server/viewer.ts'

class FakeSink {
  readonly written: string[] = []
  ended: string | undefined
  destroyed = false
  #done: (() => void) | undefined

  write (chunk: Buffer, written: () => void): boolean {
    if (this.#done !== undefined) throw new Error('two writes at a time')
    this.written.push(chunk.toString())
    this.#done = written
    return true
  }

  /** The connection has taken what was written. */
  take (): void {
    const done = this.#done
    this.#done = undefined
    done?.()
  }

  end (chunk?: Buffer): void { this.ended = chunk?.toString() ?? '' }

  destroy (): void { this.destroyed = true }
}

const event = (name: string): Buffer => Buffer.from(name)

t.test('a viewer that keeps up is sent everything', async (t) => {
  const sink = new FakeSink()
  const viewer = new Viewer(sink, 0)
  t.match(sink.written, [/^retry: 2000/])
  for (const name of ['a', 'b', 'c']) {
    sink.take()
    viewer.send(event(name), 1)
  }
  t.strictSame(sink.written.slice(1), ['a', 'b', 'c'])
  t.equal(viewer.dropped, 0)
  t.equal(viewer.sentBytes, sink.written.join('').length)
})

t.test('one that does not is held one event, the newest, and its connection one', async (t) => {
  const sink = new FakeSink()
  const viewer = new Viewer(sink, 0)
  sink.take()
  for (let i = 0; i < 100; i++) viewer.send(event(`${i}`), i)
  t.strictSame(sink.written.slice(1), ['0'])
  t.equal(viewer.dropped, 98)
  sink.take()
  t.strictSame(sink.written.slice(1), ['0', '99'])
  sink.take()
  viewer.send(event('100'), 101)
  t.strictSame(sink.written.slice(1), ['0', '99', '100'])
})

t.test('a heartbeat goes to who has taken everything, and makes nobody wait', async (t) => {
  const sink = new FakeSink()
  const viewer = new Viewer(sink, 0)
  viewer.beat(15_000)
  t.equal(sink.written.length, 1)
  sink.take()
  viewer.beat(30_000)
  t.match(sink.written[1], /^: /)
})

t.test('one that takes nothing for a minute is let go of', async (t) => {
  const sink = new FakeSink()
  const viewer = new Viewer(sink, 0)
  viewer.beat(59_999)
  t.equal(sink.destroyed, false)
  viewer.beat(60_000)
  t.equal(sink.destroyed, true)
  viewer.send(event('a'), 60_001)
  t.equal(sink.written.length, 1)
})

t.test('after ten minutes the browser is to come again, and at once', async (t) => {
  const sink = new FakeSink()
  const viewer = new Viewer(sink, 0)
  sink.take()
  viewer.beat(599_999)
  t.equal(sink.ended, undefined)
  sink.take()
  viewer.beat(600_000)
  t.match(sink.ended, /^retry: 100/)
})

t.test('after its end nothing is written, whatever was on the way', async (t) => {
  const sink = new FakeSink()
  const viewer = new Viewer(sink, 0)
  viewer.send(event('held'), 1)
  viewer.end()
  viewer.end()
  t.equal(sink.ended, '')
  sink.take()
  viewer.send(event('late'), 2)
  t.equal(sink.written.length, 1)
})
