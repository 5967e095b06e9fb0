import { createServer } from 'node:http'
import type { Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a service depends on: answers at once, or not at all. */
export class HangingUpstream {
  /** Calls that came while it hung. */
  callsWhileHung = 0
  readonly #server: Server
  readonly #held = new Set<ServerResponse>()
  #hangs = false

  private constructor () {
    this.#server = createServer((_request, response) => {
      if (!this.#hangs) {
        response.setHeader('content-type', 'application/json').end('{"paid":true}')
        return
      }
      this.callsWhileHung++
      this.#held.add(response)
      response.once('close', () => { this.#held.delete(response) })
    })
  }

  static async start (): Promise<HangingUpstream> {
    const upstream = new HangingUpstream()
    await new Promise<void>(resolve => { upstream.#server.listen(0, '127.0.0.1', resolve) })
    return upstream
  }

  get port (): number { return (this.#server.address() as AddressInfo).port }

  hang (): void { this.#hangs = true }

  heal (): void {
    this.#hangs = false
    for (const response of this.#held) response.destroy()
  }

  stop (): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}
