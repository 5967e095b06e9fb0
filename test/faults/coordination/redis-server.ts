import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findService, freePort } from '../../../tools/services.ts'
import { killOnExit } from './leave-nothing.ts'
import { monotonicMs } from './monotonic.ts'

export interface RedisServerOptions {
  readonly folder: string
  /** @default a free one */
  readonly port?: number
  /** More command line. */
  readonly args?: readonly string[]
  /** Lines of a configuration of Redis Sentinel: it is one. */
  readonly sentinel?: readonly string[]
}

const READY_WITHIN_MS = 60_000
const WRITTEN_WITHIN_MS = 30_000

/** A redis-server that can be killed, stopped, and started again over its own data; AOF everysec unless told otherwise. */
export class RedisServer {
  readonly port: number
  readonly #folder: string
  readonly #program: string
  readonly #args: readonly string[]
  #child: ChildProcess | undefined

  private constructor (port: number, program: string, folder: string, args: readonly string[]) {
    this.port = port
    this.#program = program
    this.#folder = folder
    this.#args = args
  }

  static async start ({ folder, port, args = [], sentinel }: RedisServerOptions): Promise<RedisServer> {
    mkdirSync(folder, { recursive: true })
    // A sentinel writes its configuration anew all the time.
    const file = join(folder, 'sentinel.conf')
    if (sentinel !== undefined) writeFileSync(file, `${sentinel.join('\n')}\n`)
    const own = sentinel === undefined ? ['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''] : [file, '--sentinel']
    const server = new RedisServer(port ?? await freePort(), await findService('redis-server'), folder, [...own, ...args])
    await server.start()
    return server
  }

  get pid (): number { return this.#child?.pid ?? 0 }

  async start (): Promise<void> {
    mkdirSync(this.#folder, { recursive: true })
    const child = spawn(this.#program, [...this.#args, '--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder], { stdio: 'ignore' })
    this.#child = child
    killOnExit(child)
    const deadline = performance.now() + READY_WITHIN_MS
    while (!(await this.command('PING').catch(() => '')).startsWith('+PONG')) {
      if (child.exitCode !== null || performance.now() > deadline) throw new Error(`redis-server does not answer on port ${this.port}`)
      await delay(5)
    }
  }

  /**
   * A moment up to which all that was answered is in the kernel's hands. With everysec Redis puts its writes off, for up to two
   * seconds, while an fsync is under way: answers are sent all the same, and go with a kill -9.
   */
  async written (): Promise<number> {
    for (const deadline = monotonicMs() + WRITTEN_WITHIN_MS; monotonicMs() < deadline; await delay(2)) {
      const asked = monotonicMs()
      if (/aof_buffer_length:0\r/.test(await this.command('INFO persistence'))) return asked
    }
    throw new Error(`redis-server has not written its append-only file for ${WRITTEN_WITHIN_MS} ms`)
  }

  /** As if the machine's power were cut, but for what the kernel still has to write. */
  async kill (): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  /** All data gone; the server is down. */
  async wipe (): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  pause (): void { this.#child?.kill('SIGSTOP') }

  resume (): void { this.#child?.kill('SIGCONT') }

  /** One inline command over a connection of its own; the reply as it stands on the wire. */
  async command (line: string): Promise<string> {
    return await command(this.port, line)
  }
}

export async function command (port: number, line: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.setEncoding('utf8')
  let reply = ''
  socket.on('data', (text: string) => {
    reply += text
    // A sentinel knows no QUIT.
    if (NO_QUIT.test(reply)) socket.end()
  })
  socket.write(`${line}\r\nQUIT\r\n`)
  await once(socket, 'close')
  return reply.replace(/\+OK\r\n$/, '').replace(NO_QUIT, '')
}

const NO_QUIT = /-ERR unknown command 'QUIT'.*\r\n$/
