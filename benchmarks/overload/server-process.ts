import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { nodeOnCpu } from '../../tools/load/index.ts'
import type { FromServer, ServerConfig, ToServer, Usage } from './server-messages.ts'

/** The server's core and the generator's. */
export const cores = { server: 0, generator: 1 } as const

/** A running server process, pinned to its core. */
export class ServerProcess {
  readonly port: number
  readonly #child: ChildProcess
  #stopping = false
  #crashed = false

  private constructor (child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
    child.once('exit', () => { this.#crashed = !this.#stopping })
  }

  /** @throws {Error} when the process ends before it listens */
  static async start (config: ServerConfig, nodeArguments: readonly string[] = []): Promise<ServerProcess> {
    const child = fork(fileURLToPath(new URL('./server.ts', import.meta.url)), [JSON.stringify(config)], {
      ...nodeOnCpu(cores.server, ['--conditions=plimsoll:source', '--expose-gc', ...nodeArguments]),
      env: { ...process.env, NODE_ENV: 'production' },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc']
    })
    const first = await nextMessage(child)
    if (first.type !== 'listening') throw new Error(`the ${config.variant.name} server did not say where it listens`)
    return new ServerProcess(child, first.port)
  }

  /** Whether the process ended by itself. */
  get crashed (): boolean {
    return this.#crashed
  }

  usage (): Promise<Usage> {
    return this.#ask({ type: 'usage' })
  }

  /** Collects garbage first: not to be called while something is timed. */
  memory (): Promise<Usage> {
    return this.#ask({ type: 'memory' })
  }

  block (ms: number): void {
    this.#child.send({ type: 'block', ms } satisfies ToServer)
  }

  release (): void {
    this.#child.send({ type: 'release' } satisfies ToServer)
  }

  /** At once: an overloaded server would take seconds to come round to a polite request. */
  async stop (): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#stopping = true
    const exited = new Promise(resolve => { this.#child.once('exit', resolve) })
    this.#child.kill('SIGKILL')
    await exited
  }

  async #ask (message: ToServer): Promise<Usage> {
    const answer = nextMessage(this.#child)
    this.#child.send(message)
    const received = await answer
    if (received.type !== 'usage') throw new Error(`the server answered ${received.type} to ${message.type}`)
    return received.usage
  }
}

function nextMessage (child: ChildProcess): Promise<FromServer> {
  return new Promise((resolve, reject) => {
    const exited = (code: number | null, signal: string | null): void => {
      reject(new Error(`the server's process ended early (${signal ?? `code ${code}`})`))
    }
    child.once('error', reject)
    child.once('exit', exited)
    child.once('message', (message: FromServer) => {
      child.off('exit', exited)
      child.off('error', reject)
      resolve(message)
    })
  })
}
