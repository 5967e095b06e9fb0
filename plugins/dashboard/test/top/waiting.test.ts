import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { fakeClock } from '@plimsoll/core/testing'
import { aComponent, aView } from './a-view.ts'
import { run } from './run.ts'
import { standIn } from './stand-in.ts'
import { until } from './until.ts'

t.setTimeout(180_000)

// Whatever waits, does so by the injected clock.

t.test('a service that accepts a connection and says nothing is given up after ten seconds', async (t) => {
  const clock = fakeClock()
  const { url, requests } = await standIn(t, { realtime: () => {} })
  const { code, complaints } = run(t, [url], { clock })
  await until(() => requests.some((request) => request.url?.includes('realtime')))
  clock.advance(10_000)
  t.equal(await code, 1)
  t.equal(complaints(), `${url} has said nothing for 10 s\n`)
})

t.test('a stream that falls silent is taken for dead after twenty seconds, and tried again later and later', async (t) => {
  const clock = fakeClock()
  const { url, streams, send, stop } = await standIn(t)
  const { out, code, complaints, end } = run(t, [url], { clock })
  await until(() => out.lines.length === 1)
  clock.advance(19_000)
  send(aView({ id: 2 }))
  await until(() => out.lines.length === 2)
  clock.advance(19_000)
  send(aView({ id: 3 }))
  await until(() => out.lines.length === 3)
  t.equal(complaints(), '')
  clock.advance(20_000)
  await until(() => complaints().includes('has said nothing for 20 s; trying again'))
  await stop()
  t.equal(streams.size, 0)
  const attempts = (): number => complaints().split('\n').length - 1
  for (let attempt = 2; attempt <= 6; attempt++) {
    const before = clock.now()
    while (attempts() < attempt) {
      clock.advance(100)
      await setImmediate()
    }
    t.ok(clock.now() - before <= 15_000 * 1.1, `attempt ${attempt} after ${clock.now() - before} ms`)
  }
  end()
  t.equal(await code, 0)
})

t.test('--once gives up where there are no figures', async (t) => {
  const clock = fakeClock()
  const { url, streams } = await standIn(t, { first: [] })
  const { code, complaints } = run(t, ['--once', url], { clock })
  await until(() => streams.size === 1)
  // Something is said, but no figures.
  for (const stream of streams) stream.write(': here\n\n')
  clock.advance(9_000)
  for (const stream of streams) stream.write(': here\n\n')
  clock.advance(11_000)
  t.equal(await code, 1)
  t.match(complaints(), /(no figures within 20 s|has said nothing)/)
})

t.test('components that are not answered within ten seconds are left out', async (t) => {
  const clock = fakeClock()
  let asked = false
  let answered = false
  const { url } = await standIn(t)
  const { code, out } = run(t, ['--once', url], {
    clock,
    fetch: async (input, init) => {
      if (!String(input).includes('components')) return await fetch(input, init).finally(() => { answered = true })
      asked = true
      return await new Promise((_resolve, reject) => { init?.signal?.addEventListener('abort', () => { reject(new Error('aborted')) }) })
    }
  })
  await until(() => asked && answered)
  clock.advance(10_000)
  t.equal(await code, 0)
  t.same(JSON.parse(out.written).components, [])
})

t.test('--once that is interrupted shows nothing, and fails', async (t) => {
  const { url, streams } = await standIn(t, { first: [] })
  const { code, end, out, complaints } = run(t, ['--once', url])
  await until(() => streams.size === 1)
  end()
  t.equal(await code, 1)
  t.equal(out.written + complaints(), '')
})

t.test('components are asked for every five seconds, and those that never come hold nothing up', async (t) => {
  const clock = fakeClock()
  let asked = 0
  const { url, send } = await standIn(t, { components: [aComponent()] })
  const { out, code, end } = run(t, [url], {
    clock,
    fetch: async (input, init) => {
      if (!String(input).includes('components')) return await fetch(input, init)
      asked += 1
      if (asked === 2) return await new Promise((_resolve, reject) => { init?.signal?.addEventListener('abort', () => { reject(new Error('aborted')) }) })
      return await fetch(input, init)
    }
  })
  await until(() => out.lines.length === 1)
  t.equal(asked, 1)
  clock.advance(5_000)
  t.equal(asked, 2)
  clock.advance(10_000)
  t.equal(asked, 4)
  send(aView({ id: 2 }))
  await until(() => out.lines.length === 2)
  t.same(JSON.parse(out.lines[1]!).components, [aComponent()])
  end()
  await code
  await until(() => clock.pending === 0)
})
