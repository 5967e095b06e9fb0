import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** A process of this folder that answers messages one after the other. */
export class Instance<To extends object, From> {
  readonly #child: ChildProcess
  readonly first: Promise<From>

  constructor (script: URL, config: object) {
    this.#child = fork(fileURLToPath(script), [JSON.stringify(config)], { execArgv: ['--conditions=plimsoll:source'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    this.first = this.#next()
  }

  send (message: To): void { this.#child.send(message) }

  async ask (message: To): Promise<From> {
    const answer = this.#next()
    this.#child.send(message)
    return await answer
  }

  async stop (message: To): Promise<void> {
    const exited = new Promise(resolve => this.#child.once('exit', resolve))
    this.#child.send(message)
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000)
    await exited
    clearTimeout(killer)
  }

  #next (): Promise<From> {
    return new Promise((resolve, reject) => {
      const exited = (): void => reject(new Error('an instance ended early'))
      this.#child.once('exit', exited)
      this.#child.once('message', (message: From) => {
        this.#child.off('exit', exited)
        resolve(message)
      })
    })
  }
}

/** Asks until all of them are so, at most a minute. */
export async function until<T> (look: () => Promise<readonly T[]>, condition: (one: T) => boolean): Promise<void> {
  for (const deadline = performance.now() + 60_000; ;) {
    const all = await look()
    if (all.every(condition)) return
    if (performance.now() > deadline) throw new Error(`not within a minute: ${condition.toString()}: ${JSON.stringify(all)}`)
    await delay(20)
  }
}
