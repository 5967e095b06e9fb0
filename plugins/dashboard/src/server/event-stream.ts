// Server-sent events, as in the HTML standard: https://html.spec.whatwg.org/multipage/server-sent-events.html

export const EVENT_STREAM_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  // nginx would keep events back until it has a bufferful.
  'x-accel-buffering': 'no'
}

/** Before anything else: how many milliseconds a browser waits before it reconnects. */
export const HELLO: Buffer = Buffer.from('retry: 2000\n\n')
/** Before a stream that is to be reconnected at once is ended. */
export const COME_BACK: Buffer = Buffer.from('retry: 100\n\n')
/** A comment: proxies end connections on which nothing is said for a minute or so. */
export const HEARTBEAT: Buffer = Buffer.from(': here\n\n')

/** One event. JSON has no line breaks of its own. `id` is what a browser that reconnects sends as Last-Event-ID. */
export function encodeEvent (event: string, data: unknown, id?: number): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`
}
