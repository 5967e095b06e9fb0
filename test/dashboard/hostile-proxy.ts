import type { IncomingMessage, ServerResponse } from 'node:http'
import { startRewritingProxy } from '../../tools/browser/rewriting-proxy.ts'
import type { RewritingProxy } from '../../tools/browser/rewriting-proxy.ts'
import { hostile } from './hostile-json.ts'
import type { HostileOptions } from './hostile-json.ts'
import { eventsOf } from './view-stream.ts'

export interface HostileProxyOptions {
  readonly to: number
  /** Of the admin surface, such as `/plimsoll`. */
  readonly prefix: string
  /** What becomes of a JSON text on its way to the page. @default hostile texts in place of all others */
  readonly poison?: (json: string) => string
}

/** Stands before a service whose other instances are in somebody else's hands: every text of every answer and event is hostile. */
export async function startHostileProxy ({ to, prefix, poison = (json) => hostile(json, everyTextInTurn()) }: HostileProxyOptions): Promise<RewritingProxy> {
  const api = `${prefix}/api/performance/`
  return await startRewritingProxy({
    to,
    outside: '',
    inside: '',
    intercept (path, request, response) {
      if (!path.startsWith(api) || request.method !== 'GET') return false
      const url = `http://127.0.0.1:${to}${path}`
      const answered = path.startsWith(`${api}realtime`) ? poisonStream(url, request, response, poison) : poisonAnswer(url, response, poison)
      answered.catch(() => response.destroy())
      return true
    }
  })
}

let turn = 0

/** Every answer begins with another text, and every other one has them in place of words as well. */
function everyTextInTurn (): HostileOptions {
  turn++
  return { start: turn * 7, words: turn % 2 === 0 }
}

async function poisonAnswer (url: string, response: ServerResponse, poison: (json: string) => string): Promise<void> {
  const answer = await fetch(url)
  response.writeHead(answer.status, { 'content-type': 'application/json' }).end(poison(await answer.text()))
}

async function poisonStream (url: string, { headers }: IncomingMessage, response: ServerResponse, poison: (json: string) => string): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for await (const { event, data } of eventsOf(url, headers)) {
    if (response.destroyed) return
    response.write(`event: ${event}\ndata: ${poison(data)}\n\n`)
  }
  response.end()
}
