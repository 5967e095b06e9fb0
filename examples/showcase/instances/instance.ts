import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { environmentOf } from '../credentials.ts'
import type { Credentials } from '../credentials.ts'
import type { Listening, Status } from './status.ts'

const PATIENCE_MS = 4_000
const REQUEST_EVERY_MS = 100
/** Shorter than Redis stands still: a request that waited for it would fail. */
const TIMEOUT_MS = 4_000
/** Several processes start at once, on a machine that may be busy. */
const STARTED_WITHIN_MS = 90_000

/** What all instances have in common. */
export interface Place {
  readonly redisUrl: string
  readonly credentials: Credentials
}

/** A process of the shop, as its parent sees it, with a little traffic of its own. */
export class Instance {
  readonly id: string
  readonly port: number
  status: Status | undefined
  /** Requests answered with 200, and the others. */
  served = 0
  failed = 0
  readonly #child: ChildProcess
  readonly #traffic: NodeJS.Timeout

  private constructor (id: string, child: ChildProcess, port: number) {
    this.id = id
    this.port = port
    this.#child = child
    child.on('message', (status: Status) => { this.status = status })
    child.once('exit', () => { clearInterval(this.#traffic) })
    this.#traffic = setInterval(() => { this.#request() }, REQUEST_EVERY_MS)
  }

  static async start (id: string, { redisUrl, credentials }: Place): Promise<Instance> {
    const child = fork(new URL('./instance-process.ts', import.meta.url), [id, redisUrl], { env: { ...process.env, ...environmentOf(credentials), NODE_ENV: 'development' } })
    const [message] = await Promise.race([once(child, 'message', { signal: AbortSignal.timeout(STARTED_WITHIN_MS) }), diedEarly(id, child)])
    const { port }: Listening = message
    return new Instance(id, child, port)
  }

  get running (): boolean { return this.#child.exitCode === null && this.#child.signalCode === null }

  get leads (): boolean { return this.running && this.status?.epoch !== undefined }

  /** Without any warning. */
  async kill (): Promise<void> {
    clearInterval(this.#traffic)
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }

  async stop (): Promise<void> {
    clearInterval(this.#traffic)
    if (!this.running) return
    const exited = once(this.#child, 'exit')
    if (this.#child.connected) this.#child.disconnect()
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS)
    await exited
    clearTimeout(impatience)
  }

  async #request (): Promise<void> {
    const ok = await fetch(`http://127.0.0.1:${this.port}/products`, { signal: AbortSignal.timeout(TIMEOUT_MS) }).then(async (response) => {
      await response.arrayBuffer()
      return response.ok
    }, () => false)
    if (ok) this.served += 1
    // What was on its way into a process that was killed is nobody's failure to show.
    else if (this.running) this.failed += 1
  }
}

async function diedEarly (id: string, child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit')
  throw new Error(`${id} ended with ${code} before it listened`)
}
