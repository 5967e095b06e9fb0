import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import type { View } from '../../src/view/view.ts'
import { aView } from './a-view.ts'

export interface StandIn {
  readonly url: string
  readonly requests: IncomingMessage[]
  /** Streams that are open. */
  readonly streams: Set<ServerResponse>
  /** To all streams. */
  readonly send: (view: View) => void
  /** Ends it, and its connections. */
  readonly stop: () => Promise<void>
}

export interface StandInOptions {
  readonly port?: number
  /** Answers in place of the stream. */
  readonly realtime?: RequestListener
  /** In place of an empty list. */
  readonly components?: unknown
  /** Sent to each stream as it begins. @default [a quiet second] */
  readonly first?: readonly View[]
}

/** The dashboard's API on a real server, which says what a test wants it to say. */
export async function standIn (t: Test, { port = 0, realtime, components = [], first = [aView()] }: StandInOptions = {}): Promise<StandIn> {
  const requests: IncomingMessage[] = []
  const streams = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    requests.push(request)
    const { pathname } = new URL(request.url ?? '', 'http://x')
    if (pathname === '/plimsoll/api/performance/components') {
      response.writeHead(components === undefined ? 500 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(components))
    } else if (pathname !== '/plimsoll/api/performance/realtime') {
      response.writeHead(404).end()
    } else if (realtime !== undefined) {
      realtime(request, response)
    } else {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
      response.write('retry: 20\n\n: hello\n\n')
      for (const view of first) response.write(eventOf(view))
      streams.add(response)
      response.on('close', () => { streams.delete(response) })
    }
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const stop = async (): Promise<void> => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  t.teardown(stop)
  const address = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${address.port}/plimsoll`,
    requests,
    streams,
    send: (view) => { for (const stream of streams) stream.write(eventOf(view)) },
    stop
  }
}

export function eventOf (view: View): string { return `event: metrics\nid: ${view.id}\ndata: ${JSON.stringify(view)}\n\n` }
