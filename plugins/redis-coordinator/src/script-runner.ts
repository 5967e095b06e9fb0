import { createHash } from 'node:crypto'
import type { Connection } from './connection.ts'
import { textOf, unavailable } from './failure.ts'

export type Argument = string | Buffer

/** Runs scripts by their digest, and sends the whole text where the server does not know it: after a restart, a failover or SCRIPT FLUSH. */
export class ScriptRunner {
  /** Scripts sent whole. */
  loads = 0
  readonly #connection: Connection
  readonly #digests = new Map<string, string>()

  constructor (connection: Connection) { this.#connection = connection }

  /** @throws Unavailable */
  async run (source: string, keys: readonly string[], args: readonly Argument[] = []): Promise<unknown> {
    try {
      return await this.#connection.call('evalsha', this.#digest(source), String(keys.length), ...keys, ...args)
    } catch (error) {
      if (!textOf(error).startsWith('NOSCRIPT')) throw unavailable(error, this.#connection.lastError)
    }
    this.loads += 1
    try {
      return await this.#connection.call('eval', source, String(keys.length), ...keys, ...args)
    } catch (error) {
      throw unavailable(error, this.#connection.lastError)
    }
  }

  #digest (source: string): string {
    let digest = this.#digests.get(source)
    if (digest === undefined) {
      digest = createHash('sha1').update(source).digest('hex')
      this.#digests.set(source, digest)
    }
    return digest
  }
}
