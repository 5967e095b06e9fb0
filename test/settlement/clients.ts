import { once } from 'node:events'
import { connect as connectHttp2, constants } from 'node:http2'
import type { ClientHttp2Session } from 'node:http2'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { turns } from './exchange.ts'
import type { Exchange } from './exchange.ts'

/** Sends exchanges to the service and aborts each at its moment. Resolves when that is done. */
export type Client = (exchanges: readonly Exchange[]) => Promise<void>

/** Each array of exchanges is pipelined on a connection of its own. */
export function http1Client (port: number): Client {
  return async (exchanges) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.on('error', () => {})
    const received = new Received(socket)
    const last = exchanges[exchanges.length - 1]
    socket.write(exchanges.map((exchange) => http1Request(exchange, exchange !== last)).join(''))
    for (const exchange of exchanges) await momentOf(exchange)
    const { cell, plan } = exchanges[0]!
    if (cell.moment === 'mid-stream') await received.some()
    // The end of a chunked body comes after its last word.
    if (cell.moment === 'after-end') await received.times(cell.handler === 'streams' ? '0\r\n\r\n' : 'END', exchanges.length)
    await turns(plan.turnsBeforeAbort)
    // Half a close lets what was sent whole arrive whole: only a real one is an abort of that.
    const half = plan.abort === 'fin' && !(cell.moment === 'mid-stream' && cell.handler === 'sends')
    if (plan.abort === 'reset') socket.resetAndDestroy()
    else if (half) socket.resume().end()
    else socket.destroy()
    if (!socket.closed) await once(socket, 'close')
  }
}

function http1Request (exchange: Exchange, whole: boolean): string {
  const head = `/ HTTP/1.1\r\nHost: x\r\nX-Id: ${exchange.id}\r\n`
  if (methodOf(exchange) === 'GET') return `GET ${head}\r\n`
  return `POST ${head}Content-Type: ${bodyType(exchange)}\r\nContent-Length: 6\r\n\r\n${whole || exchange.cell.moment !== 'body' ? 'abcdef' : 'abc'}`
}

/** What a socket has received; reading stops in the middle of a stream. */
class Received {
  readonly #socket: Socket
  #text = ''

  constructor (socket: Socket) {
    this.#socket = socket
    socket.pause()
  }

  async some (): Promise<void> {
    this.#socket.resume()
    await once(this.#socket, 'data')
    this.#socket.pause()
  }

  async times (word: string, count: number): Promise<void> {
    while (this.#text.split(word).length <= count) {
      const [chunk] = await once(this.#socket.resume(), 'data')
      this.#text += String(chunk)
    }
  }
}

/** A session for a hundred who cancel their stream (nghttp2 refuses more than 1,000); who leaves has one of his own. */
export function http2Client (port: number): { client: Client, close: () => void } {
  const open = (): ClientHttp2Session => connectHttp2(`http://127.0.0.1:${port}`).on('error', () => {})
  const sessions: ClientHttp2Session[] = []
  let streams = 0
  return {
    close: () => { for (const session of sessions) session.close() },
    client: async ([exchange]) => {
      if (exchange === undefined) return
      const { cell, plan, id } = exchange
      if (streams++ % 100 === 0) sessions.unshift(open())
      const session = plan.abort === 'reset' ? open() : sessions[0]!
      const stream = session.request(
        { ':path': '/', ':method': methodOf(exchange), 'x-id': id, 'content-type': bodyType(exchange) },
        { endStream: methodOf(exchange) === 'GET' })
      stream.on('error', () => {})
      if (cell.moment === 'body') stream.write('abc')
      else if (methodOf(exchange) === 'POST') stream.end('abcdef')
      await momentOf(exchange)
      if (cell.moment === 'mid-stream') await once(stream.resume(), 'data').then(() => stream.pause())
      if (cell.moment === 'after-end') await once(stream.resume(), 'end')
      await turns(plan.turnsBeforeAbort)
      if (plan.abort === 'reset') session.destroy()
      else stream.close(constants.NGHTTP2_CANCEL)
      if (!stream.closed) await once(stream, 'close')
    }
  }
}

export function injectClient (app: FastifyInstance): Client {
  return async ([exchange]) => {
    if (exchange === undefined) return
    const { cell, plan, id } = exchange
    const abort = new AbortController()
    const payload = new PassThrough()
    payload.write('abc')
    const answer = app.inject({
      url: '/',
      headers: { 'x-id': id, 'content-type': bodyType(exchange) },
      signal: abort.signal,
      ...cell.moment === 'body' ? { method: 'POST', payload } : {},
      ...cell.moment === 'mid-stream' ? { payloadAsStream: true } : {}
    })
    const ended = answer.then((response) => { response.stream().on('error', () => {}) }, () => {})
    await momentOf(exchange)
    if (cell.moment === 'mid-stream' || cell.moment === 'after-end') await ended
    await turns(plan.turnsBeforeAbort)
    abort.abort()
    await ended
  }
}

/** Wherever a body is possible some requests have one: nothing tells of an abort after it was read. */
function methodOf ({ cell, plan }: Exchange): 'GET' | 'POST' {
  if (cell.moment === 'body') return 'POST'
  // The signal of inject() does nothing once the body has been read.
  return plan.bodyRead && cell.transport !== 'inject' ? 'POST' : 'GET'
}

function bodyType (exchange: Exchange): string {
  return exchange.plan.bodyRead ? 'application/x-read' : 'application/x-unread'
}

/** As far as the server must have come before the client may abort. */
async function momentOf ({ cell, plan, arrived, started }: Exchange): Promise<void> {
  await arrived.reached
  if (cell.moment === 'queued' || (cell.moment === 'body' && plan.bodyRead)) return
  if (cell.moment !== 'after-end') await started.reached
}
