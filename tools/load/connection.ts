import { connect, type Socket } from 'node:net'
import type { PendingRequest } from './request.ts'
import { ResponseParser } from './response-parser.ts'

export interface ConnectionEvents {
  onOpen?: (connection: Connection) => void
  onResponse: (connection: Connection, request: PendingRequest, status: number) => void
  /** Once, when the connection is over; `request` is the one that stays without an answer. */
  onClose: (connection: Connection, request: PendingRequest | undefined, error: string | undefined) => void
}

/** All connections read into the same memory: each read is parsed before the next one happens. */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024)

/** One raw socket that carries one request at a time. */
export class Connection {
  readonly #socket: Socket
  readonly #events: ConnectionEvents
  readonly #parser = new ResponseParser()
  #request: PendingRequest | undefined
  #error: string | undefined
  #opened = false

  constructor (host: string, port: number, events: ConnectionEvents) {
    this.#events = events
    this.#socket = connect({
      host,
      port,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (bytes: number) => {
          this.#read(bytes)
          return true
        }
      }
    })
    this.#socket.once('connect', () => {
      this.#opened = true
      this.#events.onOpen?.(this)
    })
    this.#socket.once('error', (error: NodeJS.ErrnoException) => { this.#error ??= error.code ?? error.message })
    this.#socket.once('end', () => { if (this.#request !== undefined && this.#parser.finish()) this.#answered(this.#request) })
    this.#socket.once('close', () => this.#events.onClose(this, this.#request, this.#error))
  }

  get opened (): boolean {
    return this.#opened
  }

  get reusable (): boolean {
    return this.#parser.keepAlive && !this.#socket.destroyed && this.#socket.writable
  }

  /** Writes the request; before the connection is open the socket keeps it. */
  send (request: PendingRequest): void {
    this.#request = request
    request.carrier = this
    this.#parser.reset()
    this.#socket.write(request.bytes)
  }

  /** Closes without an answer: the client has given up. */
  destroy (): void {
    this.#request = undefined
    this.#socket.destroy()
  }

  #read (bytes: number): void {
    const request = this.#request
    if (request === undefined) return
    try {
      if (this.#parser.push(readBuffer, bytes)) this.#answered(request)
    } catch (error) {
      this.#error = error instanceof Error ? error.message : String(error)
      this.#socket.destroy()
    }
  }

  #answered (request: PendingRequest): void {
    this.#request = undefined
    this.#events.onResponse(this, request, this.#parser.status)
  }
}
