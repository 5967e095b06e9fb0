import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { EventEmitter } from 'node:events'
import type { RawRequest, RawResponse } from '../raw.ts'
import { closeUnusedConnections } from './unused-connections.ts'

/** An HTTP/1.1 or HTTP/2 server, as far as the closing of its connections goes. */
export interface ConnectionServer extends EventEmitter {
  closeIdleConnections? (): void
  closeAllConnections? (): void
}

interface Session extends EventEmitter {
  goaway (code: number, lastStreamId: number): void
  close (): void
  destroy (): void
}

const LISTEN = 'tracing:net.server.listen:asyncStart'
const NO_ERROR = 0
/** "More streams may come for a moment": the notice before the shutdown (RFC 9113, section 6.8). */
const ANY_STREAM = 2 ** 31 - 1

/** The connections of all servers of one application. */
export class Connections {
  readonly #routing: unknown
  readonly #servers: Set<ConnectionServer> = new Set()
  readonly #sessions: Set<Session> = new Set()
  readonly #arrived: (req: RawRequest, res: RawResponse) => void

  /**
   * @param routing the listener by which a server is known to be the application's: `listen({ host: 'localhost' })`
   * makes a second one that nothing else tells of
   * @param arrived called with each request that arrives after {@link discourage}
   */
  constructor (routing: unknown, arrived: (req: RawRequest, res: RawResponse) => void) {
    this.#routing = routing
    this.#arrived = arrived
  }

  watch (server: ConnectionServer): void {
    this.add(server)
    subscribe(LISTEN, this.#onListen)
  }

  add (server: ConnectionServer): void {
    if (this.#servers.has(server)) return
    this.#servers.add(server)
    server.on('session', this.#onSession)
  }

  unwatch (): void {
    unsubscribe(LISTEN, this.#onListen)
    for (const server of this.#servers) {
      server.removeListener('session', this.#onSession)
      server.removeListener('request', this.#arrived)
    }
  }

  /** Tells HTTP/2 clients to go elsewhere with what is new; HTTP/1.1 clients hear it with each answer. */
  discourage (): void {
    for (const server of this.#servers) server.prependListener('request', this.#arrived)
    for (const session of this.#sessions) session.goaway(NO_ERROR, ANY_STREAM)
  }

  /** Closes HTTP/2 sessions when their streams are over. HTTP/1.1 connections close with their last answer. */
  close (): void {
    for (const session of this.#sessions) session.close()
  }

  /** Not at once, for the sake of those whose first request is on its way. */
  closeIdle (): void {
    for (const server of this.#servers) {
      server.closeIdleConnections?.()
      closeUnusedConnections(server)
    }
  }

  destroy (): void {
    for (const server of this.#servers) server.closeAllConnections?.()
    for (const session of this.#sessions) session.destroy()
  }

  readonly #onListen = (message: unknown): void => {
    const { server } = message as { readonly server: ConnectionServer }
    if (server.listeners('request').some((listener) => listener === this.#routing)) this.add(server)
  }

  readonly #onSession = (session: Session): void => {
    this.#sessions.add(session)
    session.once('close', () => this.#sessions.delete(session))
  }
}
