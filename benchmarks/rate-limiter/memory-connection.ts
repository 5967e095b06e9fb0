import { Duplex } from 'node:stream'

const REQUEST = Buffer.from('GET / HTTP/1.1\r\nHost: bench\r\n\r\n')
const SERVED = Buffer.from('HTTP/1.1 200 OK')

/** A kept-alive connection without a kernel: what a request costs the process is all in the process. */
export class MemoryConnection extends Duplex {
  readonly remoteAddress: string
  #answered: (() => void) | undefined

  constructor (remoteAddress: string) {
    super()
    this.remoteAddress = remoteAddress
  }

  /** Resolves with the answer's last byte. */
  request (): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#answered = resolve
    this.push(REQUEST)
    return promise
  }

  // What Node's server asks of a socket.
  setTimeout (): this { return this }
  setNoDelay (): this { return this }
  setKeepAlive (): this { return this }

  override _read (): void {}

  override _write (chunk: Buffer, _encoding: string, done: () => void): void { this.#written(chunk, done) }

  override _writev (chunks: ReadonlyArray<{ readonly chunk: Buffer }>, done: () => void): void { this.#written(chunks[0]!.chunk, done) }

  #written (head: Buffer, done: () => void): void {
    if (!head.subarray(0, SERVED.length).equals(SERVED)) throw new Error(`not served: ${head.toString()}`)
    done()
    this.#answered?.()
  }
}
