import { connect } from 'node:net'
import type { Socket } from 'node:net'

const HEAD_END = Buffer.from('\r\n\r\n')
const OK = Buffer.from('HTTP/1.1 200 ')

/**
 * A fixed number of requests over connections that stay open: each answer sends the next. Knows the answer by its length, so that
 * the load takes little of the machine that the server is measured on.
 */
export class SteadyLoad {
  readonly #connections: readonly Connection[]
  #left = 0
  #inFlight = 0
  #finished: () => void = () => {}
  #failed: (error: Error) => void = () => {}

  private constructor (connections: readonly Connection[]) {
    this.#connections = connections
    for (const connection of connections) {
      connection.onAnswer = () => this.#answered(connection)
      connection.onFailure = (error) => this.#failed(error)
    }
  }

  /** @throws {Error} when the server can't be reached */
  static async open (port: number, path: string, connections: number): Promise<SteadyLoad> {
    return new SteadyLoad(await Promise.all(Array.from({ length: connections }, () => Connection.open(port, path))))
  }

  /** @throws {Error} when an answer is not 200, or of another length than the first */
  async run (requests: number): Promise<void> {
    this.#left = requests
    await new Promise<void>((resolve, reject) => {
      this.#finished = resolve
      this.#failed = reject
      for (const connection of this.#connections) this.#next(connection)
    })
  }

  close (): void { for (const connection of this.#connections) connection.close() }

  #next (connection: Connection): void {
    if (this.#left === 0) return
    this.#left--
    this.#inFlight++
    connection.send()
  }

  #answered (connection: Connection): void {
    this.#inFlight--
    this.#next(connection)
    if (this.#inFlight === 0) this.#finished()
  }
}

class Connection {
  onAnswer: () => void = () => {}
  onFailure: (error: Error) => void = () => {}
  readonly #socket: Socket
  readonly #request: Buffer
  /** Bytes of an answer, of which the first one told. */
  #length = 0
  #received = 0

  private constructor (socket: Socket, request: Buffer) {
    this.#socket = socket
    this.#request = request
    socket.on('data', (bytes) => {
      try {
        this.#read(bytes)
      } catch (error) {
        this.onFailure(error instanceof Error ? error : new Error(String(error)))
      }
    })
    socket.on('error', (error) => this.onFailure(error))
  }

  static open (port: number, path: string): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      const connection = new Connection(socket, Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n`))
      connection.onFailure = reject
      socket.once('connect', () => resolve(connection))
    })
  }

  send (): void { this.#socket.write(this.#request) }

  close (): void { this.#socket.destroy() }

  #read (bytes: Buffer): void {
    if (this.#received === 0 && !bytes.subarray(0, OK.length).equals(OK)) throw new Error(`the server answered ${JSON.stringify(bytes.toString('latin1', 0, 80))}`)
    if (this.#length === 0) this.#length = lengthOf(bytes)
    this.#received += bytes.length
    if (this.#received < this.#length) return
    if (this.#received > this.#length) throw new Error(`an answer of ${this.#received} bytes, where the first had ${this.#length}`)
    this.#received = 0
    this.onAnswer()
  }
}

/** Of head and body. */
function lengthOf (bytes: Buffer): number {
  const head = bytes.indexOf(HEAD_END) + HEAD_END.length
  const declared = /content-length: (\d+)/i.exec(bytes.toString('latin1', 0, head))?.[1]
  if (declared === undefined) throw new Error('an answer without content-length can\'t be told by its length')
  return head + Number(declared)
}
