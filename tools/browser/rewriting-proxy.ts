import { createServer, request as requestTo } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface RewritingProxyOptions {
  /** Port of 127.0.0.1 that is asked. */
  readonly to: number
  /** What the path begins with outside, such as `/outer/deep`; '' for nothing. */
  readonly outside: string
  /** What it is replaced by, such as `/a/b/c`. */
  readonly inside: string
  /** Answers itself (returns true) what the service is not to be asked. `path` is the inner one. */
  readonly intercept?: (path: string, request: IncomingMessage, response: ServerResponse) => boolean
}

export interface RewritingProxy {
  readonly port: number
  readonly close: () => Promise<void>
}

/**
 * A proxy that puts a service under another path, as an ingress does: the paths of requests are rewritten, and nothing
 * else, neither `Location` nor the path of cookies nor pages. What holds behind it holds behind any.
 */
export async function startRewritingProxy (options: RewritingProxyOptions): Promise<RewritingProxy> {
  const server = createServer((request, response) => forward(options, request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, close: () => close(server) }
}

function forward ({ to, outside, inside, intercept }: RewritingProxyOptions, request: IncomingMessage, response: ServerResponse): void {
  const { url = '/', method, headers } = request
  if (!url.startsWith(outside)) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('outside of the proxied path')
    return
  }
  const path = inside + url.slice(outside.length)
  if (intercept?.(path, request, response) === true) return
  const asked = requestTo({ host: '127.0.0.1', port: to, path, method, headers: { ...headers, host: `127.0.0.1:${to}`, 'x-forwarded-host': headers.host } })
  asked.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
    answer.on('error', () => response.destroy())
  })
  // The service is gone: so is this connection, as a browser would see it without a proxy.
  asked.on('error', () => response.destroy())
  response.on('close', () => asked.destroy())
  request.pipe(asked)
}

async function close (server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise<void>((resolve) => { server.close(() => resolve()) })
}
