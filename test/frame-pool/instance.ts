import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Answer, Question, Report } from './messages.ts'

/** A process of the service, as its parent sees it. */
export class Instance {
  readonly id: string
  readonly port: number
  readonly #child: ChildProcess

  private constructor (id: string, port: number, child: ChildProcess) {
    this.id = id
    this.port = port
    this.#child = child
  }

  static async start (id: string, redisUrl: string): Promise<Instance> {
    const child = fork(new URL('./instance-process.ts', import.meta.url), [id, redisUrl], { execArgv: ['--conditions=plimsoll:source'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const answer = await answerOf(child, id)
    if (!('port' in answer)) throw new Error(`${id} began with something else`)
    return new Instance(id, answer.port, child)
  }

  look (): void { this.#ask({ ask: 'look' }) }

  async report (): Promise<Report> {
    this.#ask({ ask: 'report' })
    const answer = await answerOf(this.#child, this.id)
    if (!('report' in answer)) throw new Error(`${this.id} answered something else`)
    return answer.report
  }

  /** With -9. */
  async kill (): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }

  #ask (question: Question): void { this.#child.send(question) }
}

/** The next one. @throws Error when the process ends instead */
async function answerOf (child: ChildProcess, id: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const ended = (code: number | null, signal: string | null): void => { reject(new Error(`${id} ended with ${code ?? signal}`)) }
  child.once('exit', ended)
  child.once('message', resolve)
  return await promise.finally(() => { child.off('exit', ended).off('message', resolve) })
}
