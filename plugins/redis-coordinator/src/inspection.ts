import type { Connection } from './connection.ts'
import { unavailable } from './failure.ts'
import type { Namespace } from './namespace.ts'
import { Reply } from './reply.ts'
import type { ScriptRunner } from './script-runner.ts'
import { capacityHolders } from './scripts/capacity-holders.ts'

export interface CapacityHolders {
  readonly granted: number
  readonly total: number
  /** The first thousand. */
  readonly holders: readonly { readonly session: string, readonly granted: number, readonly wants: number, readonly inUse: number }[]
}

/** What only people ask for. Writes nothing. */
export class Inspection {
  readonly #connection: Connection
  readonly #scripts: ScriptRunner
  readonly #namespace: Namespace

  constructor (connection: Connection, scripts: ScriptRunner, namespace: Namespace) {
    this.#connection = connection
    this.#scripts = scripts
    this.#namespace = namespace
  }

  /** Whether any instance has ever used the namespace. */
  async exists (): Promise<boolean> {
    return await this.#ask('exists', this.#namespace.meta) === 1
  }

  /** Until elections and new capacity are allowed again after a loss of data. */
  async quarantineMs (): Promise<number> {
    const ask = async (field: string): Promise<number> => Number(await this.#ask('hget', this.#namespace.meta, field))
    return Math.max(0, await ask('calm') - await ask('steady'))
  }

  /** Of all that were ever used. */
  async names (what: 'queues' | 'capacities'): Promise<readonly string[]> {
    const names = await this.#ask('smembers', this.#namespace[what])
    return Array.from(Object(names), String).sort()
  }

  async holders (capacity: string): Promise<CapacityHolders> {
    const reply = new Reply(await this.#scripts.run(capacityHolders, this.#namespace.capacity(capacity)))
    const holders = []
    for (let at = 2; at < reply.length; at += 2) {
      const line = new Reply(reply.text(at + 1).split(':').map(Number))
      holders.push({ session: reply.text(at), granted: line.number(0), wants: line.number(1), inUse: line.number(2) })
    }
    return { granted: reply.number(0), total: reply.number(1), holders }
  }

  async #ask (command: string, ...args: string[]): Promise<unknown> {
    try {
      return await this.#connection.call(command, ...args)
    } catch (error) {
      throw unavailable(error, this.#connection.lastError)
    }
  }
}
