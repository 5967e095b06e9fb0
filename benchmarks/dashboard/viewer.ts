import { connect } from 'node:net'
import type { Socket } from 'node:net'

/** Somebody who watches: reads the stream of events as it comes, or stops reading. Knows no HTTP beyond the first line. */
export class Viewer {
  readonly #socket: Socket
  bytes = 0
  /** Views received; counted only when asked for, since it costs. */
  views = 0
  /** Bytes of the last view. */
  viewBytes = 0

  private constructor (socket: Socket, counts: boolean) {
    this.#socket = socket
    let rest = ''
    socket.on('data', (chunk: Buffer) => {
      this.bytes += chunk.length
      if (!counts) return
      const events = (rest + chunk.toString('latin1')).split('\n\n')
      rest = events.pop() ?? ''
      for (const event of events) {
        if (!event.includes('event: metrics')) continue
        this.views++
        this.viewBytes = event.length - event.indexOf('data: ') - 'data: '.length
      }
    })
    socket.on('error', () => {})
  }

  /** @param path a Unix socket in place of host and port */
  static async watch (url: string, counts = false, path?: string): Promise<Viewer> {
    const { hostname, port, pathname } = new URL(url)
    const socket = path === undefined ? connect(Number(port), hostname) : connect(path)
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    const viewer = new Viewer(socket, counts)
    socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nAccept: text/event-stream\r\n\r\n`)
    return viewer
  }

  /** Reads no more, as a laptop that was closed. */
  stall (): void { this.#socket.pause() }

  resume (): void { this.#socket.resume() }

  leave (): void { this.#socket.destroy() }
}
