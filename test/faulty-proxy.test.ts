import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { seededRandom } from '@plimsoll/core/testing'
import { FaultyProxy } from './faults/coordination/faulty-proxy.ts'

// The line of the coordination battery: what it does to bytes must be what it says it does.

interface Line { readonly proxy: FaultyProxy, readonly client: Socket, readonly received: () => string }

/** A client that sends through the proxy to a server that keeps what it gets, and echoes it. */
async function line (t: Test): Promise<Line> {
  let received = ''
  const server = createServer((socket) => {
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => { received += text; socket.write(text) })
    socket.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = await FaultyProxy.listen((server.address() as AddressInfo).port, seededRandom(3))
  const client = connect(proxy.port, '127.0.0.1')
  client.setNoDelay(true)
  client.setEncoding('utf8')
  client.on('error', () => {})
  client.on('data', () => {})
  await once(client, 'connect')
  t.teardown(async () => {
    client.destroy()
    await proxy.close()
    server.close()
  })
  return { proxy, client, received: () => received }
}

async function until (condition: () => boolean): Promise<void> {
  for (const end = performance.now() + 30_000; !condition() && performance.now() < end;) await new Promise((resolve) => { setTimeout(resolve, 1) })
}

t.test('bytes arrive late and in their order under delay and jitter', async (t) => {
  const { proxy, client, received } = await line(t)
  proxy.delayMs = 2
  proxy.jitterMs = 20
  const sent = Array.from({ length: 60 }, (_, number) => `${number};`)
  for (const text of sent) {
    client.write(text)
    await new Promise((resolve) => { setTimeout(resolve, 1) })
  }
  await until(() => received().length === sent.join('').length)
  t.equal(received(), sent.join(''))
  t.ok(proxy.injected.chunksDelayed > 10)
})

t.test('held bytes arrive when the line is opened, dropped ones never, and then the connection ends', async (t) => {
  const { proxy, client, received } = await line(t)
  proxy.set('held', 'open')
  client.write('held')
  await until(() => proxy.injected.bytesHeld === 4)
  t.equal(received(), '')
  proxy.open()
  await until(() => received() === 'held')
  t.equal(received(), 'held')

  proxy.set('dropped', 'open')
  client.write('dropped')
  await until(() => proxy.injected.requestBytesDropped === 7)
  const closed = new Promise((resolve) => { client.once('close', resolve) })
  proxy.open()
  await closed
  t.equal(received(), 'held')
})

t.test('a reply can be lost of a request that arrived', async (t) => {
  const { proxy, client, received } = await line(t)
  let replied = ''
  client.on('data', (text: string) => { replied += text })
  proxy.set('open', 'dropped')
  client.write('write')
  await until(() => proxy.injected.replyBytesDropped === 5)
  t.equal(received(), 'write')
  t.equal(replied, '')
})

t.test('a cut resets every connection, and new ones are accepted', async (t) => {
  const { proxy, client } = await line(t)
  client.write('hello')
  await once(client, 'data')
  const closed = new Promise((resolve) => { client.once('close', resolve) })
  proxy.cut()
  await closed
  t.equal(proxy.injected.connectionsCut, 1)
  const again = connect(proxy.port, '127.0.0.1')
  await once(again, 'connect')
  again.write('again')
  t.match(String((await once(again, 'data'))[0]), 'again')
  again.destroy()
})
