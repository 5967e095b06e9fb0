import { channel } from 'node:diagnostics_channel'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { OUTCOME_CLASSES, systemClock } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'
import t from 'tap'
import { Agent, request } from 'undici'
import { ClassicBuckets } from '../src/classic-buckets.ts'
import { MAX_UPSTREAMS, UpstreamMonitor } from '../src/upstream-monitor.ts'

function tableOf (upstreams: UpstreamMonitor): Record<string, Record<string, number>> {
  return Object.fromEntries(Array.from({ length: upstreams.size }, (_, slot) => [upstreams.originOf(slot), Object.fromEntries(OUTCOME_CLASSES.flatMap((name, outcome) => {
    const count = upstreams.traffic.recordOf(slot, outcome)?.count ?? 0
    return count === 0 ? [] : [[name, count]]
  }))]))
}

function inFlight (upstreams: UpstreamMonitor): number {
  return Array.from({ length: upstreams.size }, (_, slot) => upstreams.traffic.inFlight(slot)).reduce((sum, count) => sum + count, 0)
}

async function serve (t: { teardown (end: () => unknown): void }): Promise<{ readonly server: Server, readonly origin: string }> {
  const server = createServer((req, res) => {
    if (req.url === '/never') return
    if (req.url === '/reset') { req.socket.destroy(); return }
    res.statusCode = Number(req.url?.slice(1))
    res.end('answer')
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => { server.closeAllConnections(); server.close() })
  const address = server.address()
  return { server, origin: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` }
}

t.test('calls through undici and fetch count by origin and how they ended', async (t) => {
  const { origin } = await serve(t)
  const upstreams = new UpstreamMonitor(systemClock, new ClassicBuckets([1]))
  upstreams.open()
  t.teardown(() => upstreams.close())
  const dispatcher = new Agent({ headersTimeout: 50 })
  t.teardown(() => dispatcher.close())
  for (const status of [200, 201, 302, 404, 500]) await (await request(`${origin}/${status}`)).body.text()
  await (await fetch(`${origin}/200`)).text()
  await t.rejects(request(`${origin}/reset`))
  await t.rejects(request(`${origin}/never`, { dispatcher }), { code: 'UND_ERR_HEADERS_TIMEOUT' })
  await t.rejects(request(`${origin}/never`, { signal: AbortSignal.timeout(20) }))
  const abort = new AbortController()
  const aborted = request(`${origin}/never`, { signal: abort.signal })
  abort.abort()
  await t.rejects(aborted)
  t.strictSame(tableOf(upstreams)[origin], { '2xx': 3, '3xx': 1, '4xx': 1, '5xx': 1, aborted: 1, reset: 1, timeout: 2 })
  t.equal(inFlight(upstreams), 0)
  upstreams.close()
  await (await request(`${origin}/200`)).body.text()
  t.equal(tableOf(upstreams)[origin]?.['2xx'], 3, 'closed, nothing is counted')
})

t.test('what was begun before it was opened, or ends twice, harms nothing; origins are bounded', async (t) => {
  const upstreams = new UpstreamMonitor(fakeClock(), new ClassicBuckets([1]))
  upstreams.open()
  t.teardown(() => upstreams.close())
  const publish = (name: string, message: object): void => channel(`undici:request:${name}`).publish(message)
  const unknown = { origin: 'http://unknown' }
  publish('headers', { request: unknown, response: { statusCode: 200 } })
  publish('trailers', { request: unknown })
  publish('error', { request: unknown, error: undefined })
  t.equal(upstreams.size, 1)
  const twice = { origin: new URL('http://twice/path') }
  publish('create', { request: twice })
  t.equal(inFlight(upstreams), 1)
  publish('error', { request: twice, error: undefined })
  publish('trailers', { request: twice })
  t.strictSame(tableOf(upstreams)['http://twice'], { reset: 1 })
  t.equal(inFlight(upstreams), 0)
  for (let i = 0; i < 1000; i++) publish('create', { request: { origin: `http://host-${i}` } })
  publish('create', { request: { origin: `http://${'x'.repeat(300)}` } })
  t.equal(upstreams.size, MAX_UPSTREAMS)
  t.equal(upstreams.traffic.inFlight(0), 1000 - (MAX_UPSTREAMS - 2) + 1, 'the rest is (other)')
})
