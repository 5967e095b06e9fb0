import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FlakyUpstream {
  readonly origin: string
  /** Requests that came, and their headers. */
  readonly seen: Array<Readonly<Record<string, unknown>>>
}

/**
 * A real server. `/200`, `/503` … answer so; `/reset` breaks off in mid-body, but serves
 * ranges unless `?always`; `/hang` never answers, `/stall` never ends its body; `/slam` closes the connection without an answer.
 */
export async function flakyUpstream (t: { teardown (task: () => unknown): void }): Promise<FlakyUpstream> {
  const seen: FlakyUpstream['seen'] = []
  const server: Server = createServer((request, response) => {
    seen.push({ ...request.headers })
    const [path, query] = (request.url ?? '').split('?')
    const range = request.headers.range
    response.on('error', () => {})
    switch (path) {
      case '/hang': break
      case '/slam':
        request.socket.destroy()
        break
      case '/stall':
        response.writeHead(200, { 'content-length': '10' }).write('abc')
        break
      case '/reset':
        if (range === undefined || query === 'always') {
          response.writeHead(200, { 'content-length': '10', etag: '"a"' }).write('abc', () => { setImmediate(() => { request.socket.destroy() }) })
        } else {
          response.writeHead(206, { 'content-range': 'bytes 3-9/10', 'content-length': '7', etag: '"a"' }).end('defghij')
        }
        break
      default: response.writeHead(Number(path?.slice(1)), { 'content-type': 'text/plain' }).end('answer')
    }
  })
  server.on('upgrade', (_request, socket) => {
    socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: test\r\n\r\n')
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

/** Where nobody listens. */
export async function closedOrigin (): Promise<string> {
  const server = createServer()
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return `http://127.0.0.1:${port}`
}
