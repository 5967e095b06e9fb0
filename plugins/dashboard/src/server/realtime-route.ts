import type { FastifyReply, FastifyRequest } from 'fastify'
import { EVENT_STREAM_HEADERS } from './event-stream.ts'
import type { LiveViews } from './live-views.ts'
import { lastEventIdOf, selectedBy } from './query.ts'

/** `GET /api/performance/realtime`: a view a second as server-sent events, until either side ends it. */
export function streamViews (live: LiveViews, request: FastifyRequest, reply: FastifyReply): void {
  const of = selectedBy(request)
  // Refusals are answers as any other: from here on there is only the stream.
  live.admit(of)
  reply.hijack()
  const { raw } = reply
  // Of a client that has gone; its close is what counts.
  raw.on('error', () => {})
  raw.writeHead(200, { ...headersOf(reply), ...EVENT_STREAM_HEADERS })
  if (request.method === 'HEAD') {
    raw.end()
    return
  }
  const leave = live.watch(raw, { of, lastEventId: lastEventIdOf(request) })
  raw.on('close', leave)
  // It may have gone while auth was asked.
  if (raw.destroyed || request.raw.socket.destroyed) leave()
}

/** What hooks and the admin surface have put on the reply. */
function headersOf (reply: FastifyReply): Record<string, string | string[]> {
  const given = Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given.map(([name, value]) => [name, Array.isArray(value) ? value.map(String) : String(value)]))
}
