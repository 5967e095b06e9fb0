import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import t from 'tap'
import type { Test } from 'tap'
import { aComponent, anInstance, aView } from './a-view.ts'
import { FakeOutput } from './fake-terminal.ts'
import { HOSTILE, isHarmless } from './hostile.ts'
import { run } from './run.ts'
import { eventOf, standIn } from './stand-in.ts'
import { until } from './until.ts'

t.setTimeout(180_000)

t.test('--once in a pipe is one line of JSON with view and components, and exit code 0 even when all is lost', async (t) => {
  const view = aView({ status: { ...aView().status, level: 'critical' } })
  const { url, requests } = await standIn(t, { first: [view], components: { components: [aComponent()] } })
  const { out, code } = run(t, ['--once', '--token', 'secret', url])
  t.equal(await code, 0)
  t.equal(out.lines.length, 1)
  t.same(JSON.parse(out.written), { ...view, components: [aComponent()] })
  t.ok(requests.every(({ headers }) => headers.authorization === 'Bearer secret'))
})

t.test('--once in a terminal, or with --text, is the overview as text; --json is JSON there too', async (t) => {
  const { url } = await standIn(t)
  const terminal = run(t, ['--once', url], { out: new FakeOutput({ isTTY: true, colours: true }) })
  t.equal(await terminal.code, 0)
  t.match(terminal.out.written, '\u001b[32mOK  all is well\u001b[0m\n')
  t.notMatch(terminal.out.written, '\u001b[?1049h')
  const pipe = run(t, ['--once', '--text', url])
  await pipe.code
  t.match(pipe.out.written, /^shop-1.*\nOK {2}all is well\n/)
  const json = run(t, ['--once', '--json', url], { out: new FakeOutput({ isTTY: true }) })
  await json.code
  t.equal(JSON.parse(json.out.written).id, 1)
})

t.test('--once shows the view of when every instance has been heard of', async (t) => {
  let answer = (): void => {}
  const { url, send, streams } = await standIn(t, {
    first: [aView({ id: 1 })]
  })
  const slow: typeof fetch = async (input, init) => {
    if (String(input).includes('components')) await new Promise<void>((resolve) => { answer = resolve })
    return await fetch(input, init)
  }
  const { out, code } = run(t, ['--once', url], { fetch: slow })
  await until(() => streams.size === 1)
  send(aView({ id: 2, instances: [anInstance(), anInstance({ instance: 'shop-2' })] }))
  answer()
  t.equal(await code, 0)
  t.ok(JSON.parse(out.written).id <= 2)
})

t.test('--check is one line with an exit code for monitoring systems', async (t) => {
  for (const [level, exit, word] of [['ok', 0, 'OK'], ['notice', 0, 'OK'], ['warning', 1, 'WARNING'], ['critical', 2, 'CRITICAL']] as const) {
    const { url } = await standIn(t, { first: [aView({ status: { ...aView().status, level, sentence: 'so | so' } })] })
    const { out, code } = run(t, ['--check', url])
    t.equal(await code, exit)
    t.equal(out.written, `PLIMSOLL ${word} - so / so | requests=120 errors=0.1% refused=0 p99=1240ms\n`)
  }
  const quiet = await standIn(t, { first: [aView({ traffic: { ...aView().traffic, p99: null } })] })
  const { out, code } = run(t, ['--check', quiet.url])
  await code
  t.match(out.written, /refused=0\n$/)
  await quiet.stop()
  const unknown = run(t, ['--check', quiet.url])
  t.equal(await unknown.code, 3)
  t.match(unknown.out.written, /^PLIMSOLL UNKNOWN - http.* refuses connections.*\n$/)
  t.equal(await run(t, ['--check']).code, 3)
})

t.test('in a pipe it is a line of JSON for each view, until it is ended', async (t) => {
  const { url, send, streams } = await standIn(t, { components: [aComponent()] })
  const { out, code, end } = run(t, [url])
  await until(() => streams.size === 1 && out.lines.length === 1)
  for (let id = 2; id <= 5; id++) send(aView({ id }))
  await until(() => out.lines.length === 5)
  t.same(out.lines.map((line) => JSON.parse(line).id), [1, 2, 3, 4, 5])
  t.same(JSON.parse(out.lines[4]!).components, [aComponent()])
  end()
  t.equal(await code, 0)
  await until(() => streams.size === 0)
})

t.test('--text in a pipe, and a terminal that can do nothing, get the overview second by second', async (t) => {
  const { url, send } = await standIn(t)
  for (const { args, isTTY, environment } of [{ args: ['--text'], isTTY: false, environment: {} }, { args: [], isTTY: true, environment: { TERM: 'dumb' } }]) {
    const { out, code, end } = run(t, [...args, url], { out: new FakeOutput({ isTTY }), environment })
    await until(() => out.written.split('all is well').length === 2)
    send(aView({ id: 2 }))
    await until(() => out.written.split('all is well').length === 3)
    t.notMatch(out.written, '\u001b')
    end()
    await code
  }
})

t.test('one instance is asked for by its id', async (t) => {
  const { url, requests } = await standIn(t)
  await run(t, ['--once', '--instance', 'shop 1&2', url]).code
  t.same(requests.map((request) => request.url?.replace(/^.*performance/, '')).sort(), ['/components?instance=shop%201%262', '/realtime?instance=shop%201%262'])
})

t.test('a stream that is cut off is taken up where it ended, and it is said', async (t) => {
  const first = await standIn(t)
  const port = Number(new URL(first.url).port)
  const { out, complaints, code, end } = run(t, [first.url])
  await until(() => out.lines.length === 1)
  await first.stop()
  await until(() => complaints().includes('refuses connections'))
  const second = await standIn(t, { port, first: [aView({ id: 2 })] })
  await until(() => out.lines.length === 2)
  t.match(complaints(), /does not answer: .*; trying again\n/)
  t.equal(second.requests.find(({ url }) => url?.includes('realtime'))?.headers['last-event-id'], '1')
  end()
  t.equal(await code, 0)
})

t.test('a stream that the service ends in its order is had again without a word; otherwise with one', async (t) => {
  const { url, streams, requests } = await standIn(t)
  const { out, complaints, code, end } = run(t, [url])
  for (let i = 1; i <= 3; i++) {
    await until(() => streams.size === 1 && out.lines.length === i)
    for (const stream of streams) stream.end('retry: 1\n\n')
  }
  await until(() => out.lines.length === 4)
  t.equal(complaints(), '')
  t.ok(requests.length >= 4)
  for (const stream of streams) stream.end('retry: 2000\n\n')
  await until(() => complaints().includes('ended the stream; trying again'))
  end()
  t.equal(await code, 0)
})

t.test('a stream that ends without a wish for the next attempt was cut off', async (t) => {
  const { url } = await standIn(t, { realtime: (_, response) => { response.writeHead(200, { 'content-type': 'text/event-stream' }).end(eventOf(aView())) } })
  const { complaints, code, end } = run(t, [url])
  await until(() => complaints() === `${url} ended the stream; trying again\n`)
  end()
  t.equal(await code, 0)
})

t.test('a token that is revoked ends it', async (t) => {
  let revoked = false
  const { url } = await standIn(t, {
    realtime: (_, response) => {
      if (revoked) response.writeHead(401).end()
      else response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`retry: 1\n\n${eventOf(aView())}`)
      revoked = true
    }
  })
  const { code, complaints } = run(t, ['--token', 'x', url])
  t.equal(await code, 1)
  t.match(complaints(), /does not accept this token\n$/)
})

t.test('who reads no more ends it without a word', async (t) => {
  const { url, streams } = await standIn(t)
  const { out, code, complaints } = run(t, [url])
  await until(() => out.lines.length === 1)
  out.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
  t.equal(await code, 0)
  t.equal(complaints(), '')
  await until(() => streams.size === 0)
})

/** Runs it against an answer; its one line, and the exit code. */
async function refused (t: Test, answer: Parameters<typeof standIn>[1], args: readonly string[] = []): Promise<string> {
  const { url } = await standIn(t, answer)
  const { out, code, complaints } = run(t, [...args, url])
  t.equal(await code, 1)
  t.equal(out.written, '')
  const line = complaints()
  t.match(line, /^[^\n]+\n$/, 'one line')
  t.ok(isHarmless(line.slice(0, -1)), line)
  return line.replaceAll(url, 'URL').trimEnd()
}

t.test('whatever a service answers instead, one line says what is wrong', async (t) => {
  const answer = (status: number, headers: Record<string, string> = {}, body = ''): Parameters<typeof standIn>[1] => ({ realtime: (_, response) => { response.writeHead(status, headers).end(body) } })
  t.match(await refused(t, answer(401)), /^URL wants to know who you are: .*PLIMSOLL_TOKEN$/)
  t.equal(await refused(t, answer(401), ['--token', 'secret']), 'URL does not accept this token')
  t.match(await refused(t, answer(403), ['--token', 'secret']), /^URL knows you, and does not let you look/)
  t.match(await refused(t, answer(404)), /^there is no dashboard at URL: give the address of the admin surface/)
  t.equal(await refused(t, answer(302, { location: 'https://login.example/\u00e9' })), 'URL redirects to https://login.example/\u00e9: give that address')
  t.equal(await refused(t, answer(304)), 'URL redirects to nowhere: give that address')
  t.equal(await refused(t, answer(500, {}, '{"statusCode":500,"error":"Internal Server Error","message":"it broke"}')), 'URL answers 500: it broke')
  t.equal(await refused(t, answer(502, {}, '<html>Bad gateway</html>')), 'URL answers 502')
  t.equal(await refused(t, answer(400, {}, '{"error":{"code":"PLM_DASHBOARD_ARGUMENT","message":"the parameter is wrong"}}')), 'URL answers 400: the parameter is wrong')
  for (const body of ['null', '{"message":7}', '[]', '{"error":"Bad","message":{}}']) t.equal(await refused(t, answer(500, {}, body)), 'URL answers 500')
  t.match(await refused(t, answer(500, {}, JSON.stringify({ message: HOSTILE.join(' ') }))), /^URL answers 500: /)
  t.equal(await refused(t, answer(200, { 'content-type': 'text/html' }, '<html>')), 'URL answers with text/html: it is no admin surface of Plimsoll')
  t.match(await refused(t, answer(200)), /^URL answers with something that has no type/)
  t.match(await refused(t, answer(204, { 'content-type': 'text/event-stream' })), /^URL answers 204/)
  t.match(await refused(t, answer(200, { 'content-type': 'text/event-stream' }, 'retry: 1\n\n')), /ended the stream before/)
  for (const data of ['{"id":1}', 'not json', '7']) t.match(await refused(t, answer(200, { 'content-type': 'text/event-stream' }, `event: metrics\ndata: ${data}\n\n`)), /this version cannot read/)
  t.match(await refused(t, { realtime: (_, response) => { response.socket?.destroy() } }), /^URL does not answer: /)
})

t.test('a service that sheds load is asked again, five times', async (t) => {
  for (const { refusals, code: expected } of [{ refusals: 4, code: 0 }, { refusals: 5, code: 1 }]) {
    let streams = 0
    const { url } = await standIn(t, {
      realtime: (_, response) => {
        streams += 1
        if (streams <= refusals) response.writeHead(streams % 2 === 0 ? 503 : 429, { 'retry-after': '0' }).end('{"error":"Service Unavailable","message":"refused by load-shedder: overload"}')
        else response.writeHead(200, { 'content-type': 'text/event-stream' }).write(eventOf(aView()))
      }
    })
    const { out, code, complaints, end } = run(t, [url])
    if (expected === 0) {
      await until(() => out.lines.length === 1)
      end()
    }
    t.equal(await code, expected)
    t.equal(streams, 5)
    t.equal(complaints().split(`${url} answers 503: refused by load-shedder: overload; trying again\n`).length - 1, 2)
    t.equal(complaints().split('\n').length - 1, expected === 0 ? 4 : 5)
  }
})

t.test('so it is for components', async (t) => {
  for (const refusals of [4, 5]) {
    let asked = 0
    const { url } = await standIn(t, { components: [aComponent()] })
    const { out, code } = run(t, ['--once', url], {
      fetch: async (input, init) => {
        if (!String(input).includes('components')) return await fetch(input, init)
        asked += 1
        return asked <= refusals ? new Response(asked === 1 ? null : 'busy', { status: 503, headers: { 'retry-after': '0' } }) : await fetch(input, init)
      }
    })
    t.equal(await code, 0)
    t.equal(asked, 5)
    t.same(JSON.parse(out.written).components, refusals === 4 ? [aComponent()] : [])
  }
})

t.test('events that it does not know are passed over', async (t) => {
  const { url } = await standIn(t, { realtime: (_, response) => { response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`event: worker\ndata: {}\n\n${eventOf(aView())}`) } })
  const { out, code } = run(t, ['--once', url])
  t.equal(await code, 0)
  t.equal(out.lines.length, 1)
})

t.test('--once that is cut off meanwhile tries again', async (t) => {
  let connections = 0
  const { url } = await standIn(t, {
    realtime: (_, response) => {
      connections += 1
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`retry: 5000\n\n${eventOf(aView({ id: connections }))}`)
      if (connections === 1) setImmediate(() => { response.end() })
    }
  })
  const { out, code } = run(t, ['--once', url], {
    fetch: async (input, init) => {
      if (String(input).includes('components')) await until(() => connections === 2)
      return await fetch(input, init)
    }
  })
  t.equal(await code, 0)
  t.ok([1, 2].includes(JSON.parse(out.written).id))
})

t.test('components that cannot be had are left out', async (t) => {
  for (const components of [undefined, 'none', [{ kind: 'pool' }], { components: 7 }]) {
    const { url } = await standIn(t, { components })
    const { out, code } = run(t, ['--once', url])
    t.equal(await code, 0)
    t.same(JSON.parse(out.written).components, [])
  }
  const { url } = await standIn(t)
  const { out, code } = run(t, ['--once', url], { fetch: async (input, init) => String(input).includes('components') ? Promise.reject(new Error('no')) : await fetch(input, init) })
  t.equal(await code, 0)
  t.same(JSON.parse(out.written).components, [])
})

t.test('a host that is not there, one that speaks no HTTP, and certificates that are not to be trusted, are told in one line', async (t) => {
  const complaint = async (url: string, failing?: unknown): Promise<string> => {
    const { code, complaints } = run(t, ['--once', url], failing === undefined ? {} : { fetch: async () => Promise.reject(failing) })
    t.equal(await code, 1)
    t.match(complaints(), /^[^\n]+\n$/)
    return complaints().trimEnd()
  }
  const failed = (code: string, cause: Error = Object.assign(new Error('why'), { code })): Error => new TypeError('fetch failed', { cause })
  const { url, stop } = await standIn(t)
  t.match(await complaint(url.replace('http:', 'https:')), /speaks no TLS that is understood here \(E\w+\): is it http:\/\/\?$/)
  await stop()
  t.equal(await complaint(url), `${url} refuses connections: nothing listens there`)
  t.match(await complaint('http://h', failed('', new Error('several', { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) }))), /refuses connections/)
  t.match(await complaint('http://h', failed('ENOTFOUND')), /no such host is known$/)
  t.match(await complaint('http://h', failed('EAI_AGAIN')), /no such host is known$/)
  t.match(await complaint('http://h', failed('ERR_TLS_CERT_ALTNAME_INVALID')), /certificate for another name$/)
  for (const code of ['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'CERT_HAS_EXPIRED']) t.match(await complaint('http://h', failed(code)), new RegExp(`cannot be verified \\(${code}\\): name the file of its authority in NODE_EXTRA_CA_CERTS$`))
  t.equal(await complaint('http://h', failed('ETIMEDOUT')), 'http://h does not answer: why')
  t.equal(await complaint('http://h', new Error('plain')), 'http://h does not answer: plain')
  t.equal(await complaint('http://h', 'text'), 'http://h does not answer: text')
  const mute = createServer((socket) => { socket.end('SSH-2.0-OpenSSH\r\n') })
  mute.listen(0, '127.0.0.1')
  await once(mute, 'listening')
  t.teardown(() => { mute.close() })
  t.match(await complaint(`http://127.0.0.1:${(mute.address() as AddressInfo).port}`), /does not answer: /)
})

t.test('wrong usage is told with what would be right', async (t) => {
  const { code, complaints } = run(t, ['--nonsense'])
  t.equal(await code, 2)
  t.match(complaints(), /--nonsense[^]*\n\nusage: npx @plimsoll\/dashboard top/)
  const help = run(t, ['--help'])
  t.equal(await help.code, 0)
  t.match(help.out.written, /^usage: /)
})

t.test('a defect of its own is not taken for the service', async (t) => {
  const out = new FakeOutput()
  out.write = () => { throw new RangeError('a defect') }
  await t.rejects(run(t, ['--help'], { out }).code, RangeError)
})

t.test('hostile texts reach neither a terminal nor a pipe', async (t) => {
  const view = aView({ protections: HOSTILE.map((text) => ({ kind: text, name: text, instance: text, level: 'ok', text })) })
  const { url } = await standIn(t, { first: [view], components: HOSTILE.map((name) => aComponent({ name })) })
  for (const args of [['--json'], ['--text']]) {
    const { out, code } = run(t, ['--once', ...args, url])
    t.equal(await code, 0)
    // In JSON, a pile of marks stays: it is no command.
    for (const line of out.lines) if (!isHarmless(args.includes('--json') ? line.replace(/\p{M}/gu, '') : line)) t.fail(JSON.stringify(line))
  }
})
