import t from 'tap'
import { fakeClock } from '@plimsoll/core/testing'
import { aComponent, anInstance, aView } from './a-view.ts'
import { FakeKeyboard, FakeOutput } from './fake-terminal.ts'
import { run } from './run.ts'
import { eventOf, standIn } from './stand-in.ts'
import { until } from './until.ts'

t.setTimeout(180_000)

const OPEN = '\u001b[?1049h\u001b[?25l'
const CLOSE = '\u001b[?25h\u001b[?1049l'

t.test('in a terminal the overview is drawn over itself, and what stood there comes back at the end', async (t) => {
  const { url, send, streams } = await standIn(t, { components: [aComponent()] })
  const out = new FakeOutput({ isTTY: true, colours: true })
  const keyboard = new FakeKeyboard()
  const { code } = run(t, [url], { out, keyboard })
  t.ok(out.written.startsWith(OPEN))
  t.match(out.screen, 'waiting for the first figures')
  t.ok(keyboard.raw && keyboard.reading)
  await until(() => out.screen.includes('all is well') && out.screen.includes('pool db'))
  send(aView({ id: 2, status: { ...aView().status, level: 'critical', sentence: 'it burns' } }))
  await until(() => out.screen.includes('it burns'))
  t.match(out.written, '\u001b[1;31mCRITICAL  it burns\u001b[0m')
  keyboard.press('xyq')
  t.equal(await code, 0)
  t.ok(out.written.endsWith(CLOSE))
  t.notOk(keyboard.raw || keyboard.reading)
  t.equal(keyboard.listenerCount('data') + out.listenerCount('resize') + out.listenerCount('drain'), 0)
  await until(() => streams.size === 0)
})

t.test('Ctrl-C and Ctrl-D end it, which are keys in a raw terminal; and so does a signal', async (t) => {
  const { url } = await standIn(t)
  for (const key of ['\u0003', '\u0004', undefined]) {
    const out = new FakeOutput({ isTTY: true })
    const keyboard = new FakeKeyboard()
    const { code, end } = run(t, [url], { out, keyboard })
    await until(() => out.screen.includes('all is well'))
    if (key === undefined) end()
    else keyboard.press(key)
    t.equal(await code, 0)
    t.ok(out.written.endsWith(CLOSE))
  }
})

t.test('it follows the size of the terminal', async (t) => {
  const { url } = await standIn(t)
  const out = new FakeOutput({ isTTY: true, columns: 100, rows: 40 })
  const { code, end } = run(t, [url], { out })
  await until(() => out.screen.includes('ROUTES'))
  const height = (): number => out.screen.split('\r\n').length
  const width = (): number => Math.max(...out.screen.split('\r\n').map((line) => line.length))
  out.columns = 30
  out.rows = 10
  out.emit('resize')
  t.ok(height() <= 10 && width() <= 30, `${width()} x ${height()}`)
  out.columns = 120
  out.rows = 50
  out.emit('resize')
  t.ok(height() > 10 && width() > 60)
  end()
  await code
})

t.test('a terminal of unknown size is one of 80 x 24', async (t) => {
  const { url } = await standIn(t)
  const out = new FakeOutput({ isTTY: true, columns: undefined, rows: undefined })
  const { code, end } = run(t, [url], { out })
  await until(() => out.screen.includes('all is well'))
  t.ok(out.screen.split('\r\n').length <= 24)
  end()
  await code
})

t.test('i shows the instances one after the other, and then all of them again', async (t) => {
  const instances = [anInstance(), anInstance({ instance: 'shop-2' })]
  const { url, requests } = await standIn(t, { first: [aView({ instances })], components: [aComponent()] })
  const out = new FakeOutput({ isTTY: true })
  const keyboard = new FakeKeyboard()
  const { code } = run(t, [url], { out, keyboard })
  const asked = (): ReadonlyArray<string | null> => requests.filter((request) => request.url?.includes('realtime')).map((request) => new URL(request.url ?? '', 'http://x').searchParams.get('instance'))
  for (const [i, instance] of [null, 'shop-1', 'shop-2', null].entries()) {
    const before = out.drawings
    await until(() => asked().length === i + 1 && out.drawings > before)
    t.equal(asked()[i], instance)
    keyboard.press(i < 3 ? 'i' : 'q')
  }
  t.equal(await code, 0)
})

t.test('before there is anything, i has nothing to show but all', async (t) => {
  const { url, streams, requests } = await standIn(t, { first: [] })
  const out = new FakeOutput({ isTTY: true })
  const keyboard = new FakeKeyboard()
  const { code } = run(t, [url], { out, keyboard })
  await until(() => streams.size === 1)
  keyboard.press('i')
  await until(() => requests.filter((request) => request.url?.endsWith('realtime')).length === 2)
  keyboard.press('q')
  t.equal(await code, 0)
})

t.test('when nothing comes any more it says so within three seconds and greys what it shows; then why, and then all is well again', async (t) => {
  const clock = fakeClock()
  const first = await standIn(t)
  const port = Number(new URL(first.url).port)
  const out = new FakeOutput({ isTTY: true })
  const { code, end } = run(t, [first.url], { out, clock })
  await until(() => out.screen.includes('all is well'))
  clock.advance(3_000)
  t.notMatch(out.screen, 'NO DATA')
  clock.advance(1_000)
  t.match(out.screen, /NO DATA since 02:14:07 UTC, trying again: nothing has come for 4 s/)
  await first.stop()
  await until(() => out.screen.includes('does not answer'))
  await standIn(t, { port, first: [aView({ id: 2 })] })
  await until(() => {
    clock.advance(100)
    return !out.screen.includes('NO DATA')
  })
  t.match(out.screen, 'all is well')
  end()
  await code
  await until(() => clock.pending === 0)
})

t.test('over a slow line it draws again when the last drawing is out', async (t) => {
  const { url, send, streams } = await standIn(t)
  const out = new FakeOutput({ isTTY: true })
  const { code, end } = run(t, [url], { out })
  await until(() => out.screen.includes('all is well'))
  out.fast = false
  send(aView({ id: 2, status: { ...aView().status, sentence: 'the second' } }))
  await until(() => out.screen.includes('the second'))
  const before = out.drawings
  send(aView({ id: 3, status: { ...aView().status, sentence: 'the third' } }))
  send(aView({ id: 4, status: { ...aView().status, sentence: 'the fourth' } }))
  let heard = false
  const probe = run(t, ['--once', url])
  await probe.code
  heard = true
  t.ok(heard && streams.size >= 1)
  t.equal(out.drawings, before)
  out.fast = true
  out.emit('drain')
  await until(() => out.screen.includes('the fourth'))
  end()
  await code
})

t.test('while a service is too busy to answer, it says so', async (t) => {
  const clock = fakeClock()
  let busy = true
  const { url } = await standIn(t, {
    realtime: (_, response) => {
      if (busy) response.writeHead(503).end('{"message":"overload"}')
      else response.writeHead(200, { 'content-type': 'text/event-stream' }).write(eventOf(aView()))
    }
  })
  const out = new FakeOutput({ isTTY: true })
  const { code, end } = run(t, [url], { out, clock })
  await until(() => out.screen.includes(`waiting for the first figures … ${url} answers 503: overload`))
  busy = false
  await until(() => {
    clock.advance(100)
    return out.screen.includes('all is well')
  })
  end()
  t.equal(await code, 0)
})

t.test('a refusal at the start leaves the terminal as it was, and one line', async (t) => {
  const { url } = await standIn(t, { realtime: (_, response) => { response.writeHead(403).end() } })
  const out = new FakeOutput({ isTTY: true })
  const { code, complaints } = run(t, [url], { out, keyboard: new FakeKeyboard(false) })
  t.equal(await code, 1)
  t.ok(out.written.endsWith(CLOSE))
  t.match(complaints(), /does not let you look.*\n$/)
})
