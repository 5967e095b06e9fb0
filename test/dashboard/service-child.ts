import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** A watched service in a process of its own. */
export class ServiceChild {
  readonly port: number
  readonly page: string
  readonly #child: ChildProcess

  private constructor (child: ChildProcess, { port, page }: { readonly port: number, readonly page: string }) {
    this.#child = child
    this.port = port
    this.page = page
  }

  static async start (port = 0): Promise<ServiceChild> {
    const child = fork(new URL('./service-process.ts', import.meta.url), [String(port)], {
      execArgv: ['--conditions=plimsoll:source'],
      env: { ...process.env, NODE_ENV: 'development' }
    })
    const early = once(child, 'exit').then(([code]) => { throw new Error(`the service ended with ${code} before it listened`) })
    early.catch(() => {})
    const [told] = await Promise.race([once(child, 'message'), early])
    return new ServiceChild(child, told)
  }

  /** Into its journal, as a deployment. */
  journal (message: string): void {
    this.#child.send(message)
  }

  /** Without any warning. */
  async kill (): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }

  /** It keeps its connections and does nothing, like a process that hangs. */
  freeze (): void { this.#child.kill('SIGSTOP') }

  thaw (): void { this.#child.kill('SIGCONT') }
}
