import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

export type Asked = 'figures' | 'forget held' | 'end'

export interface Answered {
  /** Microseconds of CPU time since the start. */
  readonly cpu: number
  /** Frames made since the start. */
  readonly frames: number
  /** Most bytes that one viewer's answer has held in this process's memory. */
  readonly held: number
  /** Viewers now. */
  readonly streams: number
}

export interface ViewedServiceOptions {
  /** @default 50 */
  readonly routes?: number
  /** How much faster than real its clock runs. @default 1 */
  readonly speed?: number
  /** A Unix socket to listen on. @default none: a free port */
  readonly socket?: string
}

/** A process with a busy service and its dashboard. */
export class ViewedService {
  readonly port: number
  readonly #child: ChildProcess

  private constructor (child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
  }

  static async start ({ routes = 50, speed = 1, socket }: ViewedServiceOptions = {}): Promise<ViewedService> {
    const child = fork(new URL('./viewed-service-process.ts', import.meta.url), [String(routes), String(speed), ...(socket === undefined ? [] : [socket])], { execArgv: ['--conditions=plimsoll:source'], env: { ...process.env, NODE_ENV: 'production' } })
    const early = once(child, 'exit').then(([code]) => { throw new Error(`the service ended with ${code}`) })
    early.catch(() => {})
    const [{ port }] = await Promise.race([once(child, 'message'), early])
    return new ViewedService(child, port)
  }

  get page (): string { return `http://127.0.0.1:${this.port}/plimsoll/dashboard/` }

  /** A page that says hello, of the same process. */
  get hello (): string { return `http://127.0.0.1:${this.port}/hello` }

  get stream (): string { return `http://127.0.0.1:${this.port}/plimsoll/api/performance/realtime` }

  async ask (asked: Asked = 'figures'): Promise<Answered> {
    this.#child.send(asked)
    const [answer] = await once(this.#child, 'message')
    return answer
  }

  async stop (): Promise<void> {
    if (this.#child.exitCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.send('end')
    await exited
  }
}
