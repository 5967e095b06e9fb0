import type { Socket } from 'node:net'
import type { ScopeRecord } from './scope-record.ts'

/**
 * Settles an upgrade request at the first byte that passes its response by: the handshake is written to the socket. An
 * upgrade that is refused with an ordinary answer settles as that.
 */
export function watchUpgrade (socket: Socket, scope: ScopeRecord): void {
  const { write } = socket
  Object.defineProperty(socket, 'write', {
    configurable: true,
    writable: true,
    value: function observedWrite (...args: unknown[]): unknown {
      socket.write = write
      if (!scope.res.headersSent) scope.openStream('upgraded')
      return Reflect.apply(write, socket, args)
    }
  })
  socket.once('close', () => scope.connectionClosed())
}
