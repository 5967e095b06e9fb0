import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { FromInstance, InstanceConfig, Seen, ToInstance } from './messages.ts'

interface Running { readonly child: ChildProcess, readonly port: number }

/** The instances of one service, each a process. */
export class Fleet {
  readonly #running: readonly Running[]

  private constructor (running: readonly Running[]) {
    this.#running = running
  }

  /** Resolves when all of them know one another. */
  static async start (size: number, config: InstanceConfig): Promise<Fleet> {
    const running = await Promise.all(Array.from({ length: size }, async () => {
      const child = fork(fileURLToPath(new URL('instance-process.ts', import.meta.url)), [JSON.stringify(config)], { execArgv: ['--conditions=plimsoll:source'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
      const first = await nextMessage(child)
      if (first.type !== 'listening') throw new Error('an instance did not say where it listens')
      return { child, port: first.port }
    }))
    const fleet = new Fleet(running)
    await fleet.until(seen => seen.mode === 'cluster' && seen.instances === size)
    return fleet
  }

  get ports (): readonly number[] { return this.#running.map(({ port }) => port) }

  async look (): Promise<readonly Seen[]> {
    return await Promise.all(this.#running.map(async ({ child }) => {
      const answer = nextMessage(child)
      child.send({ type: 'look' } satisfies ToInstance)
      const seen = await answer
      if (seen.type !== 'seen') throw new Error('an instance did not say what it sees')
      return seen
    }))
  }

  /** Waits until all of them are so, at most a minute. */
  async until (condition: (seen: Seen) => boolean): Promise<void> {
    for (const deadline = performance.now() + 60_000; ;) {
      const all = await this.look()
      if (all.every(condition)) return
      if (performance.now() > deadline) throw new Error(`not within a minute: ${condition.toString()}: ${JSON.stringify(all)}`)
      await delay(20)
    }
  }

  async stop (): Promise<void> {
    await Promise.all(this.#running.map(async ({ child }) => {
      const exited = new Promise(resolve => child.once('exit', resolve))
      child.send({ type: 'close' } satisfies ToInstance)
      const killer = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await exited
      clearTimeout(killer)
    }))
  }
}

function nextMessage (child: ChildProcess): Promise<FromInstance> {
  return new Promise((resolve, reject) => {
    const exited = (): void => reject(new Error('an instance ended early'))
    child.once('exit', exited)
    child.once('message', (message: FromInstance) => {
      child.off('exit', exited)
      resolve(message)
    })
  })
}
