import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { messageOf } from '../bounded-json.ts'
import { AdminListenError } from '../operator-errors.ts'
import { secureHeaders } from './secure-headers.ts'

/** Connections at a time: 200 viewers of a page that stays open, and as many operators, probes and scrapers. */
const MAX_ADMIN_CONNECTIONS = 400

/** A small server of its own for the admin surface, so that it can be bound where the public can't reach it. */
export class AdminListener {
  readonly instance: FastifyInstance
  readonly #host: string
  readonly #port: number
  #address: string | undefined

  constructor ({ host, port }: { readonly host: string, readonly port: number }) {
    // Fastify opens a second server for `localhost`, which could not be kept from holding the process.
    this.#host = host === 'localhost' ? '127.0.0.1' : host
    this.#port = port
    this.instance = fastify({ forceCloseConnections: true, requestTimeout: 10_000, bodyLimit: 16_384 })
    this.instance.server.maxConnections = MAX_ADMIN_CONNECTIONS
    this.instance.addHook('onSend', secureHeaders(() => ({})))
    this.instance.setNotFoundHandler((_request, reply) => { reply.code(404).send({ error: { code: 'PLM_CORE_ADMIN_NOT_FOUND', message: 'there is no such endpoint' } }) })
  }

  /** `http://host:port` while it listens. */
  get address (): string | undefined { return this.#address }

  /** @throws PLM_CORE_ADMIN_LISTEN */
  async listen (): Promise<void> {
    try {
      this.#address = await this.instance.listen({ host: this.#host, port: this.#port })
    } catch (error) {
      throw new AdminListenError(`the admin surface can't listen on ${this.#host}:${this.#port}: ${messageOf(error)}; choose another admin.port or admin.host`)
    }
    // A guest: the application's own server keeps the process, not this one.
    this.instance.server.unref()
  }

  async close (): Promise<void> {
    this.#address = undefined
    await this.instance.close()
  }
}
