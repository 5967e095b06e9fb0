import type { FromInstance, InstanceConfig, Seen, ToInstance } from './messages.ts'
import { Instance, until } from './processes.ts'

/** The instances of one service that limits, each a process. */
export class Fleet {
  readonly ports: readonly number[]
  readonly #instances: ReadonlyArray<Instance<ToInstance, FromInstance>>

  private constructor (instances: ReadonlyArray<Instance<ToInstance, FromInstance>>, ports: readonly number[]) {
    this.#instances = instances
    this.ports = ports
  }

  /** Resolves when all of them know one another. */
  static async start (size: number, config: InstanceConfig): Promise<Fleet> {
    const instances = Array.from({ length: size }, () => new Instance<ToInstance, FromInstance>(new URL('instance-process.ts', import.meta.url), config))
    const ports = await Promise.all(instances.map(async ({ first }) => {
      const message = await first
      if (message.type !== 'listening') throw new Error('an instance did not say where it listens')
      return message.port
    }))
    const fleet = new Fleet(instances, ports)
    await fleet.until(seen => seen.mode === 'cluster' && seen.instances === size)
    return fleet
  }

  async look (): Promise<readonly Seen[]> {
    return await Promise.all(this.#instances.map(async instance => {
      const seen = await instance.ask({ type: 'look' })
      if (seen.type !== 'seen') throw new Error('an instance did not say what it sees')
      return seen
    }))
  }

  async until (condition: (seen: Seen) => boolean): Promise<void> { await until(() => this.look(), condition) }

  async stop (): Promise<void> { await Promise.all(this.#instances.map(instance => instance.stop({ type: 'close' }))) }
}
