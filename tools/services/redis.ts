import { connect } from 'node:net'
import { findService } from './find.ts'
import { launch } from './running.ts'
import type { RunningService } from './running.ts'

export interface RedisOptions {
  /** @default a free one */
  readonly port?: number
  /** More command line, as in `['--maxmemory', '64mb']`. */
  readonly args?: readonly string[]
}

/** A redis-server of its own, without persistence. */
export async function startRedis ({ port, args = [] }: RedisOptions = {}): Promise<RunningService> {
  return await launch({
    program: await findService('redis-server'),
    port,
    args: (port, folder) => ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder, ...args],
    isReady: answersPing
  })
}

async function answersPing (port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
  socket.setTimeout(1_000, () => resolve(false))
  // With a password set it answers -NOAUTH: it is up.
  socket.on('data', (chunk) => resolve(/^(\+PONG|-NOAUTH)/.test(chunk.toString())))
  socket.on('error', () => resolve(false))
  socket.on('close', () => resolve(false))
  return await promise.finally(() => socket.destroy())
}
