import { Connection } from './connection.ts'
import type { PendingRequest } from './request.ts'

/** How a request that was given to a transport ended there; giving up after a time is the load's business, not the transport's. */
export interface TransportEvents {
  onResponse: (request: PendingRequest, status: number) => void
  onFailure: (request: PendingRequest, error: string) => void
}

/** Carries requests to the server. */
export interface Transport {
  /** Resolves when requests can be taken. */
  open: () => Promise<void>
  send: (request: PendingRequest) => void
  close: () => void
}

/** A connection for each request, as clients without a pool have. */
export class FreshConnections implements Transport {
  readonly #host: string
  readonly #port: number
  readonly #events: TransportEvents
  readonly #open = new Set<Connection>()

  constructor (host: string, port: number, events: TransportEvents) {
    this.#host = host
    this.#port = port
    this.#events = events
  }

  async open (): Promise<void> {}

  send (request: PendingRequest): void {
    const connection = new Connection(this.#host, this.#port, {
      onResponse: (connection, request, status) => {
        this.#events.onResponse(request, status)
        connection.destroy()
      },
      onClose: (connection, unanswered, error) => {
        this.#open.delete(connection)
        if (unanswered !== undefined) this.#events.onFailure(unanswered, error ?? 'ended without an answer')
      }
    })
    this.#open.add(connection)
    connection.send(request)
  }

  close (): void {
    for (const connection of this.#open) connection.destroy()
  }
}
