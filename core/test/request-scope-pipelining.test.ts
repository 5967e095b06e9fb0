import { createServer } from 'node:http'
import { once } from 'node:events'
import { connect } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import { RequestScopes } from '../src/request-scopes.ts'
import { fakeClock } from '../src/testing/index.ts'

// Node 22 leaked 4,292 of 9,392 such requests when only the responses' 'close' was listened to.
t.test('no pipelined request is left unsettled, whatever is answered before the connection is reset', async (t) => {
  const scopes = new RequestScopes({ clock: fakeClock() })
  const settled = new Map<string, number>()
  const listener = { settled: (_scope: unknown, _reason: string, id: string): void => { settled.set(id, (settled.get(id) ?? 0) + 1) } }
  const count = { sent: 0, arrived: 0 }
  const server = createServer((req, res) => {
    count.arrived++
    const [, id = '', turns] = String(req.url).split('/')
    scopes.of(req, res).watch(listener, id)
    settled.set(id, settled.get(id) ?? 0)
    if (req.method === 'POST') req.resume()
    if (turns !== 'never') after(Number(turns), () => res.end('x'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const warnings: string[] = []
  const warned = (warning: Error): void => { warnings.push(warning.name) }
  process.on('warning', warned)

  const request = fc.record({ method: fc.constantFrom('GET', 'POST'), turns: fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constant('never')) })
  await fc.assert(fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 40, size: 'max' }), fc.integer({ min: 0, max: 8 }), async (pipeline, turnsBeforeReset) => {
    const first = count.arrived
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {}).resume()
    socket.write(pipeline.map(({ method, turns }) => `${method} /${++count.sent}/${turns} HTTP/1.1\r\nHost: x\r\n${method === 'POST' ? 'Content-Length: 1\r\n\r\nx' : '\r\n'}`).join(''))
    while (count.arrived === first) await turn()
    for (let i = 0; i < turnsBeforeReset; i++) await turn()
    socket.resetAndDestroy()
    // Bounded by the test's timeout: it waits for what is asserted.
    while (scopes.inFlight > 0) await turn()
  }), { numRuns: 600 })

  t.ok(count.arrived > 3000, `${count.arrived} requests`)
  t.ok([...settled.values()].every((times) => times === 1), 'each was settled once')
  t.equal(scopes.openStreams, 0)
  t.strictSame(warnings, [], 'and no MaxListenersExceededWarning')
  process.removeListener('warning', warned)
  scopes.close()
  server.close()
})

async function turn (): Promise<void> {
  await new Promise((resolve) => { setImmediate(resolve) })
}

function after (turns: number, task: () => void): void {
  if (turns === 0) task()
  else setImmediate(() => after(turns - 1, task))
}
