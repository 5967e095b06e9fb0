import { Connection, type ConnectionEvents } from './connection.ts'
import { Fifo } from './fifo.ts'
import type { PendingRequest } from './request.ts'
import type { Transport, TransportEvents } from './transport.ts'

/** Connections opened at the same time; a server accepts few per loop turn, and its backlog is finite. */
const OPENING_AT_ONCE = 128
/** A refused or reset connection is not opened again at once, or a dead server would be met by a busy loop. */
const REOPEN_AFTER_MS = 100

/**
 * A fixed number of kept-alive connections, as a load balancer has, one request in flight on each.
 * A request that finds none free waits here, in order, and its latency grows meanwhile.
 */
export class WarmConnections implements Transport {
  readonly #host: string
  readonly #port: number
  readonly #size: number
  readonly #events: TransportEvents
  readonly #connections = new Set<Connection>()
  readonly #idle = new Fifo<Connection>()
  readonly #waiting = new Fifo<PendingRequest>()
  #missing = 0
  #opening = 0
  #closed = false
  #whenOpen: { resolve: () => void, reject: (error: Error) => void } | undefined

  constructor (host: string, port: number, size: number, events: TransportEvents) {
    this.#host = host
    this.#port = port
    this.#size = size
    this.#missing = size
    this.#events = events
  }

  open (): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#whenOpen = { resolve, reject }
      this.#openMissing()
    })
  }

  send (request: PendingRequest): void {
    const connection = this.#nextIdle()
    if (connection === undefined) this.#waiting.push(request)
    else connection.send(request)
  }

  close (): void {
    this.#closed = true
    for (const connection of this.#connections) connection.destroy()
  }

  readonly #connectionEvents: ConnectionEvents = {
    onOpen: (connection) => {
      this.#opening--
      this.#openMissing()
      this.#free(connection)
      if (this.#idle.length === this.#size) this.#whenOpen?.resolve()
    },
    onResponse: (connection, request, status) => {
      this.#events.onResponse(request, status)
      if (connection.reusable) this.#free(connection)
      else connection.destroy()
    },
    onClose: (connection, unanswered, error) => {
      this.#connections.delete(connection)
      if (unanswered !== undefined) this.#events.onFailure(unanswered, error ?? 'ended without an answer')
      this.#replace(connection, error)
    }
  }

  #replace (connection: Connection, error: string | undefined): void {
    if (this.#closed) return
    if (!connection.opened) {
      this.#opening--
      this.#whenOpen?.reject(new Error(`cannot open ${this.#size} connections to ${this.#host}:${this.#port}: ${error}`))
    }
    this.#missing++
    if (error === undefined) this.#openMissing()
    else setTimeout(() => this.#openMissing(), REOPEN_AFTER_MS)
  }

  #openMissing (): void {
    for (; this.#missing > 0 && this.#opening < OPENING_AT_ONCE && !this.#closed; this.#missing--) {
      this.#opening++
      this.#connections.add(new Connection(this.#host, this.#port, this.#connectionEvents))
    }
  }

  /** A free connection serves who has waited longest; whoever gave up meanwhile is passed over. */
  #free (connection: Connection): void {
    for (let request = this.#waiting.shift(); request !== undefined; request = this.#waiting.shift()) {
      if (request.settled) continue
      connection.send(request)
      return
    }
    this.#idle.push(connection)
  }

  #nextIdle (): Connection | undefined {
    for (let connection = this.#idle.shift(); connection !== undefined; connection = this.#idle.shift()) {
      if (connection.reusable) return connection
    }
    return undefined
  }
}
