import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { monotonicMs } from './monotonic.ts'

/** What becomes of bytes: `dropped` is for good, and ends the connection when the line is opened again; `held` is until then. */
export type Direction = 'open' | 'dropped' | 'held'

/** What was really done to the line. */
export interface Injected {
  requestBytesDropped: number
  replyBytesDropped: number
  bytesHeld: number
  connectionsCut: number
  chunksDelayed: number
}

interface Pair {
  readonly client: Socket
  readonly server: Socket
  /** Bytes of it are missing: nothing that follows them makes sense. */
  holed: boolean
}

interface Held { readonly to: Socket, readonly bytes: Buffer }

/** A line between one client and the store that can be made to fail. */
export class FaultyProxy {
  readonly injected: Injected = { requestBytesDropped: 0, replyBytesDropped: 0, bytesHeld: 0, connectionsCut: 0, chunksDelayed: 0 }
  /** Upper bounds of what every chunk is late by, one way; the order is kept. */
  delayMs = 0
  jitterMs = 0
  readonly #listener: Server
  readonly #pairs = new Set<Pair>()
  readonly #random: () => number
  #requests: Direction = 'open'
  #replies: Direction = 'open'
  #held: Held[] = []

  private constructor (target: number, random: () => number) {
    this.#random = random
    this.#listener = createServer((client) => { this.#accept(client, target) })
  }

  static async listen (target: number, random: () => number): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target, random)
    proxy.#listener.listen(0, '127.0.0.1')
    await once(proxy.#listener, 'listening')
    return proxy
  }

  get port (): number { return (this.#listener.address() as AddressInfo).port }

  /** Lets everything through again; held bytes arrive late, as those of a network that was cut do. */
  open (): void {
    this.set('open', 'open')
    this.delayMs = this.jitterMs = 0
  }

  set (requests: Direction, replies: Direction): void {
    this.#requests = requests
    this.#replies = replies
    if (requests === 'open' && replies === 'open') {
      for (const { to, bytes } of this.#held) to.write(bytes)
      this.#held = []
      for (const pair of [...this.#pairs]) if (pair.holed) this.#end(pair)
    }
  }

  /** Resets all connections; new ones are accepted. */
  cut (): void {
    for (const pair of [...this.#pairs]) {
      this.injected.connectionsCut += 1
      pair.client.resetAndDestroy()
      this.#end(pair)
    }
  }

  async close (): Promise<void> {
    for (const pair of [...this.#pairs]) this.#end(pair)
    this.#listener.close()
    await once(this.#listener, 'close')
  }

  #accept (client: Socket, target: number): void {
    const server = connect(target, '127.0.0.1')
    const pair: Pair = { client, server, holed: false }
    this.#pairs.add(pair)
    for (const socket of [client, server]) {
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => { this.#end(pair) })
    }
    this.#forward(pair, client, server, () => this.#requests, 'requestBytesDropped')
    this.#forward(pair, server, client, () => this.#replies, 'replyBytesDropped')
  }

  #forward (pair: Pair, from: Socket, to: Socket, direction: () => Direction, dropped: 'requestBytesDropped' | 'replyBytesDropped'): void {
    const late: { readonly due: number, readonly bytes: Buffer }[] = []
    from.on('data', (bytes) => {
      const what = direction()
      if (what === 'dropped' || pair.holed) {
        pair.holed = true
        this.injected[dropped] += bytes.length
        return
      }
      const delay = this.delayMs + this.jitterMs * this.#random()
      if (delay > 0) this.injected.chunksDelayed += 1
      // One timer at a time: two that fall due together fire in any order.
      late.push({ due: monotonicMs() + delay, bytes })
      if (late.length === 1) deliver()
    })
    const deliver = (): void => {
      for (let next = late[0]; next !== undefined; next = late[0]) {
        const left = next.due - monotonicMs()
        if (left > 0) {
          setTimeout(deliver, left)
          return
        }
        late.shift()
        this.#pass(to, next.bytes, direction())
      }
    }
  }

  #pass (to: Socket, bytes: Buffer, direction: Direction): void {
    if (direction !== 'held') {
      to.write(bytes)
      return
    }
    this.injected.bytesHeld += bytes.length
    this.#held.push({ to, bytes })
  }

  #end (pair: Pair): void {
    this.#pairs.delete(pair)
    pair.client.destroy()
    pair.server.destroy()
  }
}
