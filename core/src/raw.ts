import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'

/** What Node's server hands out, before Fastify: HTTP/1.1, HTTP/2, or light-my-request's imitation of HTTP/1.1. */
export type RawRequest = IncomingMessage | Http2ServerRequest
export type RawResponse = ServerResponse | Http2ServerResponse
