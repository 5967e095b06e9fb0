import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Clock } from './clock.ts'
import type { RawRequest } from './raw.ts'

/** Bytes of a refused request's body that are read and thrown away; the connection is closed on what is longer. */
const DRAIN_BYTES = 65_536
/** Milliseconds in which they must come. */
const DRAIN_MS = 500

/**
 * Whether more of the body may come than is read for the sake of the connection: it has to be closed. A shorter one is
 * read whole by Node itself, and the connection lives on.
 */
export function bodyIsLong (req: RawRequest): boolean {
  const { headers } = req
  const length = headers['content-length']
  if (length !== undefined) return Number(length) > DRAIN_BYTES && !req.complete
  return headers['transfer-encoding'] !== undefined && !req.complete
}

/** Whether there is a connection that closing could reset: not for `inject()`. */
export function canLinger ({ socket }: IncomingMessage): boolean { return socket instanceof Socket }

/**
 * Reads at most {@link DRAIN_BYTES} of the body, for at most {@link DRAIN_MS}, and calls `over` once. To be begun after
 * the answer was written and before the response is ended: closing a connection with unread bytes resets it, and the
 * client would lose the answer and see EPIPE instead.
 */
export function drain (req: IncomingMessage, clock: Clock, over: () => void): void {
  let left = DRAIN_BYTES
  let hold: NodeJS.Timeout | undefined
  const finish = (): void => {
    timer.cancel()
    clearInterval(hold)
    req.off('data', count).off('end', finish).off('close', finish)
    over()
  }
  const count = (chunk: Buffer): void => {
    left -= chunk.length
    // Not reading on, rather than closing now, leaves the client the time to read its answer and stop.
    if (left > 0 || hold !== undefined) return
    req.pause()
    // A connection that is not read does not hold the process, which would end before a server's close() has; this
    // does, and does nothing else.
    hold = setInterval(clearInterval, DRAIN_MS, undefined)
  }
  const timer = clock.after(DRAIN_MS, finish)
  // A client that goes away in mid-body makes the request emit 'error' where somebody listens for it.
  req.on('data', count).on('end', finish).on('close', finish)
}
