import { connect, createServer } from 'node:http2'
import { once } from 'node:events'
import monitor from '@plimsoll/monitor'
import Fastify from 'fastify'
import t from 'tap'
import { requestLength, responseLength } from '../src/declared-length.ts'

t.test('bodies over HTTP/2 count by their content-length as well, those in chunks not', async (t) => {
  const app = Fastify({ http2: true })
  app.register(monitor)
  app.post('/declared', async () => 'four')
  app.post('/chunks', (_request, reply) => { reply.hijack(); reply.raw.write('x'); reply.raw.end('y') })
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  const session = connect(app.listeningOrigin)
  t.teardown(() => session.close())
  const { slots, traffic } = app.monitor.requests
  for (const path of ['/declared', '/chunks']) {
    const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'text/plain', 'content-length': 3 })
    stream.end('abc')
    stream.resume()
    await once(stream, 'close')
  }
  for (const end = performance.now() + 30_000; slots.size < 4 && performance.now() < end;) await new Promise((resolve) => { setTimeout(resolve, 10) })
  const bytes = (slot: number): unknown => [slots.labelOf(slot).route, traffic.recordOf(slot, 0)?.requestBytes, traffic.recordOf(slot, 0)?.responseBytes]
  t.strictSame([bytes(2), bytes(3)], [['/declared', 3, 4], ['/chunks', 3, 0]])
})

t.test('a length that is none counts as 0', async (t) => {
  const server = createServer()
  const seen = Promise.withResolvers<readonly number[]>()
  server.on('request', (req, res) => {
    const lengths = [requestLength(req)]
    for (const length of ['many', '-1', 'Infinity', '7']) {
      res.setHeader('content-length', length)
      lengths.push(responseLength(res))
    }
    res.stream.close()
    seen.resolve(lengths)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  const session = connect(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`)
  t.teardown(() => session.close())
  session.request().on('error', () => {}).resume()
  t.strictSame(await seen.promise, [0, 0, 0, 0, 7])
})
