import type { EventEmitter } from 'node:events'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { Readable } from 'node:stream'
import Fastify from 'fastify'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { RECORDER, turns } from './exchange.ts'
import type { Exchange } from './exchange.ts'

type Request = IncomingMessage | Http2ServerRequest
type Response = ServerResponse | Http2ServerResponse

interface Scope {
  watch (listener: typeof RECORDER, exchange: Exchange): void
  endWork (): void
}

/** The scope under test: core's, or the mutant. */
export interface Settling {
  /** Called before the first route is added. Where it brings a gate of its own, that has to tell of each arrival. */
  install (app: FastifyInstance, arrived: (req: Request, scope: Scope) => void): void
  /** Absent: `install` has brought a gate. */
  readonly of?: (req: Request, res: Response) => Scope
  /** Holds that gate shut, or opens it. */
  hold? (shut: boolean): void
}

/** More than the buffers of both kernels and of an HTTP/2 stream take: unread, it stays in the middle. */
const BIG = Buffer.alloc(8 * 1024 * 1024, 'x')

/** A Fastify app with a small gate in front of it, whose handlers do what the exchange named in `x-id` plans. */
export class Service {
  readonly app: FastifyInstance
  readonly exchanges: Map<string, Exchange> = new Map()
  readonly #settling: Settling

  constructor (settling: Settling, http2: boolean) {
    this.#settling = settling
    // The routes are alike on both; only the types of the raw server differ.
    this.app = http2 ? Object.assign(Fastify({ http2: true })) : Fastify()
    settling.install(this.app, (req, scope) => { this.#arrived(req, scope) })
    this.app.addContentTypeParser('application/x-read', { parseAs: 'string' }, (_request, _body, done) => { done(null) })
    this.app.addContentTypeParser('application/x-unread', (_request, _payload, done) => { done(null) })
    this.app.addHook('onRequest', async (request, reply) => {
      // inject() passes by the server's listeners, and so by the gate.
      if (settling.of !== undefined && 'isLightMyRequest' in request.raw && !await this.#gate(request.raw, reply.raw)) return await new Promise(() => {})
    })
    this.app.route({ method: ['GET', 'POST'], url: '/', handler: async (request, reply) => await this.#handle(request.raw, reply) })
  }

  /** Listens with the gate installed; returns the port. */
  async listen (): Promise<number> {
    await this.app.ready()
    if (this.#settling.of !== undefined) this.#takeOver()
    await this.app.listen({ port: 0, host: '127.0.0.1' })
    const address = this.app.server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  #takeOver (): void {
    const routing = this.app.server.listeners('request') as RequestListener[]
    this.app.server.removeAllListeners('request')
    this.app.server.on('request', (req, res) => {
      this.#gate(req, res).then((admitted) => {
        if (admitted) for (const listener of routing) listener.call(this.app.server, req, res)
      }, (error) => { throw error })
    })
  }

  #arrived (req: Request, scope: Scope): Exchange {
    const exchange = this.#exchangeOf(req)
    scope.watch(RECORDER, exchange)
    exchange.arrived.reach()
    return exchange
  }

  /** Defers each request by a turn, or holds it until its client has gone where that is planned. */
  async #gate (req: Request, res: Response): Promise<boolean> {
    const scope = this.#settling.of?.(req, res)
    if (scope === undefined) return true
    const exchange = this.#arrived(req, scope)
    await turns(1)
    if (exchange.cell.moment !== 'queued') return true
    await gone(req, res)
    if (!exchange.plan.gateDrops) return true
    scope.endWork()
    return false
  }

  async #handle (req: Request, reply: FastifyReply): Promise<unknown> {
    const exchange = this.#exchangeOf(req)
    const { moment, handler } = exchange.cell
    if (moment === 'mid-stream') return await this.#answerToTheMiddle(exchange, req, reply)
    exchange.started.reach()
    if (moment !== 'after-end') await gone(req, reply.raw)
    await turns(exchange.plan.turnsBeforeAct)
    switch (handler) {
      case 'sends': return 'END'
      case 'throws': throw new Error('END')
      case 'hijacks':
        reply.hijack()
        reply.raw.end('END')
        return undefined
      case 'streams': return await reply.send(Readable.from(['a', 'END']))
      case 'never': return await new Promise(() => {})
    }
  }

  async #answerToTheMiddle (exchange: Exchange, req: Request, reply: FastifyReply): Promise<unknown> {
    const { handler } = exchange.cell
    const type = exchange.plan.eventStream ? 'text/event-stream' : 'text/plain'
    if (handler === 'sends') {
      exchange.started.reach()
      return await reply.send(BIG)
    }
    if (handler === 'streams') {
      exchange.started.reach()
      return await reply.type(type).send(endless())
    }
    if (handler === 'hijacks') reply.hijack()
    const { raw } = reply
    raw.writeHead(200, { 'Content-Type': type })
    raw.write('x')
    exchange.started.reach()
    await gone(req, raw)
    await turns(exchange.plan.turnsBeforeAct)
    if (handler === 'throws') throw new Error('in the middle')
    if (handler === 'never') return await new Promise(() => {})
    raw.end('END')
    return undefined
  }

  #exchangeOf (req: Request): Exchange {
    const exchange = this.exchanges.get(String(req.headers['x-id']))
    if (exchange === undefined) throw new Error(`no exchange ${String(req.headers['x-id'])}`)
    return exchange
  }
}

/** The server has noticed that the client has gone: by what the transport says, not by the scope under test. */
async function gone (req: Request, res: Response): Promise<void> {
  if ('stream' in res) await closed(res.stream)
  else await closed('isLightMyRequest' in res ? res : req.socket)
}

async function closed (emitter: EventEmitter & { readonly destroyed: boolean }): Promise<void> {
  // Not events.once: that rejects at an 'error', which comes before the 'close' of a connection that was reset.
  if (!emitter.destroyed) await new Promise((resolve) => { emitter.once('close', resolve) })
}

function endless (): Readable {
  const stream = new Readable({ read () {} })
  stream.push('x')
  return stream
}
