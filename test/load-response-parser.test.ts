import t from 'tap'
import { ResponseParser } from '../tools/load/response-parser.ts'

const responses = {
  sized: 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello',
  empty: 'HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n',
  chunked: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;name=value\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n',
  trailers: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nChecksum: 1\r\n\r\n',
  noContent: 'HTTP/1.1 204 No Content\r\n\r\n',
  interim: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\nok'
} as const
const statuses = { sized: 200, empty: 503, chunked: 200, trailers: 200, noContent: 204, interim: 201 } as const

function push (parser: ResponseParser, text: string): boolean {
  const bytes = Buffer.from(text, 'latin1')
  return parser.push(bytes, bytes.length)
}

t.test('a response is understood wherever it is cut into two', async t => {
  for (const name of Object.keys(responses) as Array<keyof typeof responses>) {
    const response = responses[name]
    for (let cut = 0; cut <= response.length; cut++) {
      const parser = new ResponseParser()
      push(parser, response.slice(0, cut))
      t.equal(parser.complete, cut === response.length, `${name} cut at ${cut}: complete only at the end`)
      if (cut < response.length) push(parser, response.slice(cut))
      if (!parser.complete || parser.status !== statuses[name]) t.fail(`${name} cut at ${cut}: ${parser.status}`)
    }
  }
})

t.test('a response is understood byte by byte', async t => {
  for (const name of Object.keys(responses) as Array<keyof typeof responses>) {
    const parser = new ResponseParser()
    for (const char of responses[name]) push(parser, char)
    t.ok(parser.complete, name)
    t.equal(parser.status, statuses[name], name)
  }
})

t.test('only a part of the memory belongs to the response', async t => {
  const parser = new ResponseParser()
  const bytes = Buffer.from(`####${responses.sized}\n\nrubbish of an earlier read`)
  t.ok(parser.push(bytes, 4 + responses.sized.length, 4))
  const chunked = new ResponseParser()
  const line = Buffer.from('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3rubbish\n')
  t.notOk(chunked.push(line, line.length - 8), 'a line feed behind the end is not seen')
  t.notOk(push(chunked, '\r\nabc\r\n'))
  t.ok(push(chunked, '0\r\n\r\n'))
})

t.test('it can be used again after reset', async t => {
  const parser = new ResponseParser()
  for (let response = 0; response < 3; response++) {
    parser.reset()
    t.notOk(parser.complete)
    t.ok(push(parser, responses.chunked))
  }
})

t.test('whether the connection can be used again follows version and header', async t => {
  const cases: Array<[string, boolean]> = [
    ['HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', true],
    ['HTTP/1.1 200 OK\r\nConnection: close\r\ncontent-length: 0\r\n\r\n', false],
    ['HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n', false],
    ['HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\ncontent-length: 0\r\n\r\n', true]
  ]
  for (const [response, keepAlive] of cases) {
    const parser = new ResponseParser()
    t.ok(push(parser, response))
    t.equal(parser.keepAlive, keepAlive, JSON.stringify(response))
  }
})

t.test('without a length the body lasts until the connection ends', async t => {
  const parser = new ResponseParser()
  t.notOk(push(parser, 'HTTP/1.1 200 OK\r\n\r\nsome'))
  t.notOk(push(parser, ' more'))
  t.notOk(parser.keepAlive)
  t.ok(parser.finish())
})

t.test('a connection that ends early does not complete a sized or chunked response', async t => {
  for (const response of [responses.sized, responses.chunked]) {
    const parser = new ResponseParser()
    push(parser, response.slice(0, -1))
    t.notOk(parser.finish())
  }
})

t.test('a header is matched by its whole name', async t => {
  const parser = new ResponseParser()
  t.ok(push(parser, 'HTTP/1.1 200 OK\r\nx-content-length: 99\r\ncontent-length: 2\r\n\r\nok'))
})

t.test('what is no response is refused, and nothing grows without end', async t => {
  const bad = {
    'bytes behind the end': responses.sized + 'x',
    'another protocol': 'SSH-2.0-OpenSSH_9.2\r\n\r\n',
    'no status': 'HTTP/1.1 abc\r\n\r\n',
    'a length that is none': 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n',
    'a chunk size that is none': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n',
    'an endless head': 'HTTP/1.1 200 OK\r\nx: ' + 'y'.repeat(20_000),
    'an endless chunk line': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;' + 'y'.repeat(2_000)
  }
  for (const [name, response] of Object.entries(bad)) {
    t.throws(() => push(new ResponseParser(), response), Error, name)
  }
})
