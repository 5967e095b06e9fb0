import { get } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'

/** One event of a stream of server-sent events. */
export interface StreamEvent {
  readonly event: string
  readonly data: string
}

/** The first view that a dashboard sends, as JSON. */
export async function firstView (url: string): Promise<string> {
  for await (const { event, data } of eventsOf(url)) if (event === 'metrics') return data
  throw new Error(`${url} ended before it sent a view`)
}

/** Reads a stream until its reader has enough. */
export async function * eventsOf (url: string, headers: IncomingHttpHeaders = {}): AsyncGenerator<StreamEvent> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  get(url, { headers: { ...headers, accept: 'text/event-stream' }, agent: false }, resolve).on('error', reject)
  const response = await promise
  if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}`)
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) {
    text += String(chunk)
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const field = (name: string): string => block.split('\n').filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2)).join('\n')
      if (field('data') !== '') yield { event: field('event') || 'message', data: field('data') }
    }
  }
}

/** A stream of views in place of the service's, at any pace. */
export class ViewStream {
  readonly #watchers: Set<ServerResponse> = new Set()
  #sent = 0

  /** Answers a request for the stream. */
  serve (response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
    response.write('retry: 200\n\n')
    this.#watchers.add(response)
    response.on('close', () => this.#watchers.delete(response))
  }

  get watchers (): number { return this.#watchers.size }

  send (view: string): void {
    this.#sent++
    for (const response of this.#watchers) response.write(`id: ${this.#sent}\nevent: metrics\ndata: ${view}\n\n`)
  }
}
