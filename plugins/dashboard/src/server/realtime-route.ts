import type { RawRequest, RawResponse } from '@plimsoll/core'
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
  // While auth was asked: its close has been, and would not be heard.
  if (hasGone(request.raw, raw)) return
  // Of a client that has gone; its close is what counts.
  raw.on('error', () => {})
  raw.writeHead(200, { ...headersOf(reply), ...EVENT_STREAM_HEADERS })
  if (request.method === 'HEAD') {
    raw.end()
    return
  }
  raw.on('close', live.watch(raw, { of, lastEventId: lastEventIdOf(request) }))
}

function hasGone (req: RawRequest, res: RawResponse): boolean {
  return 'stream' in res ? res.stream.destroyed : req.socket.destroyed
}

/** What hooks and the admin surface have put on the reply. */
function headersOf (reply: FastifyReply): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, Array.isArray(value) ? value : String(value)]))
}
