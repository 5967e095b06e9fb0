interface Carried { readonly socket?: { readonly bytesRead: number, destroy (): void } | null }

interface ConnectionsList { all (): readonly Carried[] }

/**
 * Closes HTTP/1.1 connections that nothing has ever come on: browsers and clients open some in advance, `close()` waits
 * for them, and `closeIdleConnections()` takes them for busy. Node keeps the list to itself; where it is not found, they
 * stay until the deadline.
 */
export function closeUnusedConnections (server: object): void {
  const key = Object.getOwnPropertySymbols(server).find(({ description }) => description === 'http.server.connections')
  if (key === undefined) return
  const list: ConnectionsList = Reflect.get(server, key)
  for (const { socket } of list.all()) if (socket?.bytesRead === 0) socket.destroy()
}
