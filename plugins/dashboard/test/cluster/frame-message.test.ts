import t from 'tap'
import { readMessage, readRequest, writeFarewell, writeMessage, writeRequest } from '../../src/cluster/frame-message.ts'

const message = { life: 'host:1:abc~x', sequence: 7, run: 3, part: 1, parts: 2, thinned: 'nothing', bytes: Buffer.from('{"a":\n1}') } as const

t.test('what is written is read, line breaks in the bytes included', async (t) => {
  const read = readMessage(writeMessage(message))
  t.ok(read !== undefined && 'bytes' in read)
  if (read === undefined || !('bytes' in read)) return
  t.same({ ...read, bytes: Buffer.from(read.bytes).toString() }, { ...message, bytes: '{"a":\n1}' })
  t.same(readMessage(writeFarewell('me')), { gone: 'me' })
  t.equal(readRequest(writeRequest('me')), 'me')
})

t.test('what is no message is nothing', async (t) => {
  const line = (header: unknown): Uint8Array => Buffer.from(`${JSON.stringify(header)}\nbytes`)
  const good = { version: 1, life: 'a', sequence: 2, run: 1, part: 0, parts: 1, thinned: 'nothing' }
  t.ok(readMessage(line(good)))
  for (const wrong of [
    { version: 2 }, { life: '' }, { life: 7 }, { life: 'x'.repeat(3001) }, { sequence: -1 }, { sequence: 1.5 }, { sequence: '2' }, { sequence: 2 ** 60 },
    { run: 0 }, { run: 3 }, { run: null }, { part: 1 }, { part: -1 }, { parts: 0 }, { parts: 9 }, { parts: {} }, { thinned: 'all' }, { thinned: undefined }
  ]) t.equal(readMessage(line({ ...good, ...wrong })), undefined, JSON.stringify(wrong))
  for (const bytes of ['', '\n', 'null\n', '[]\n', '7\n', '{"version":1\n', JSON.stringify(good), ' '.repeat(5000), '\u0000\u0001\n']) t.equal(readMessage(Buffer.from(bytes)), undefined, bytes.slice(0, 20))
})

t.test('what is no request is nothing', async (t) => {
  for (const bytes of ['', 'null', '"me"', '{"version":1}', '{"version":2,"life":"me"}', '{"version":1,"life":""}', `{"version":1,"life":"me","more":"${'x'.repeat(5000)}"}`]) t.equal(readRequest(Buffer.from(bytes)), undefined, bytes.slice(0, 40))
})
