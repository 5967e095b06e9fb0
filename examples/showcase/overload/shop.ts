import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { nodeOnCpu } from '../../../tools/load/index.ts'
import { environmentOf, makeCredentials } from '../credentials.ts'
import type { Credentials } from '../credentials.ts'

const PATIENCE_MS = 2000

/** With Plimsoll, or without. */
export type Side = 'protected' | 'bare'

/** A running shop. */
export class Shop {
  readonly port: number
  readonly credentials: Credentials
  readonly #child: ChildProcess

  private constructor (child: ChildProcess, port: number, credentials: Credentials) {
    this.#child = child
    this.port = port
    this.credentials = credentials
  }

  static async start (side: Side, cpu: number, paymentUrl?: string): Promise<Shop> {
    const credentials = makeCredentials()
    const child = fork(new URL('./shop-process.ts', import.meta.url), paymentUrl === undefined ? [side] : [side, paymentUrl], {
      ...nodeOnCpu(cpu, process.execArgv),
      env: { ...process.env, ...environmentOf(credentials), NODE_ENV: 'development' }
    })
    const [port] = await once(child, 'message', { signal: AbortSignal.timeout(90_000) }) as [number]
    return new Shop(child, port, credentials)
  }

  /** Ends the process: asked first; a bare shop can be too deep in its backlog to hear that. */
  async stop (): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    if (this.#child.connected) this.#child.disconnect()
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS)
    await exited
    clearTimeout(impatience)
  }
}
