const TIMED_OUT: unique symbol = Symbol('plimsoll.timedOut')

/** A socket or an HTTP/2 session, as far as its timeout goes. */
export interface TimedConnection {
  /** Milliseconds; what `setTimeout()` was given. Undocumented but stable: Node keeps it on sockets and on sessions. */
  readonly timeout?: number | undefined
  on (event: 'timeout', listener: (this: TimedConnection) => void): unknown
  [TIMED_OUT]?: boolean
}

/**
 * Remembers that a connection's timeout fired: when it is closed, nothing else tells. One listener a connection, and
 * none where no timeout is configured (the default). A listener on the connection itself doesn't change what Node does;
 * one on server, request or response would.
 */
export function watchTimeout (connection: TimedConnection | null | undefined): void {
  if (!connection?.timeout || connection[TIMED_OUT] !== undefined) return
  connection[TIMED_OUT] = false
  connection.on('timeout', markTimedOut)
}

export function timedOut (connection: TimedConnection | null | undefined): boolean {
  return connection?.[TIMED_OUT] === true
}

function markTimedOut (this: TimedConnection): void {
  this[TIMED_OUT] = true
}
