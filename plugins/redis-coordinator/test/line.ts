import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface Line {
  readonly port: number
  /** `hang`: nothing gets through, and nobody is told. */
  state: 'open' | 'hang'
  /** Connections so far. */
  readonly connections: () => number
  /** Cuts what is connected. */
  cut (): void
  /** Cuts, and lets nobody in. */
  close (): Promise<void>
}

/** A line to a server of 127.0.0.1 that can fail, and can change what the server says. */
export async function openLine (to: number, rewrite: (chunk: Buffer) => Buffer = (chunk) => chunk): Promise<Line> {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((client) => {
    connections += 1
    const upstream = connect(to, '127.0.0.1')
    const pass = (from: Socket, target: Socket, change: (chunk: Buffer) => Buffer): void => {
      sockets.add(from)
      from.on('data', (chunk) => { if (line.state === 'open') target.write(change(chunk)) })
      from.on('close', () => {
        sockets.delete(from)
        target.destroy()
      })
      from.on('error', () => {})
    }
    pass(client, upstream, (chunk) => chunk)
    pass(upstream, client, rewrite)
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const cut = (): void => { for (const socket of sockets) socket.destroy() }
  const line: Line = {
    port: (server.address() as AddressInfo).port,
    state: 'open',
    connections: () => connections,
    cut,
    close: async () => {
      const closed = new Promise((resolve) => { server.close(resolve) })
      cut()
      await closed
    }
  }
  return line
}
