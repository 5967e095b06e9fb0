import type { QuotaDriver, QuotaRate, TokenLease } from '@plimsoll/core'
import type { Namespace } from './namespace.ts'
import { Reply } from './reply.ts'
import type { ScriptRunner } from './script-runner.ts'
import { quotaTake } from './scripts/quota-take.ts'

/** Token buckets in Lua, one key each. */
export class RedisQuota implements QuotaDriver {
  readonly #name: string
  readonly #namespace: Namespace
  readonly #scripts: ScriptRunner

  constructor (name: string, namespace: Namespace, scripts: ScriptRunner) {
    this.#name = name
    this.#namespace = namespace
    this.#scripts = scripts
  }

  async take (operation: string, key: string, tokens: number, { limit, windowMs, burst }: QuotaRate): Promise<TokenLease> {
    const reply = new Reply(await this.#scripts.run(quotaTake, this.#namespace.quota(this.#name, key), [operation, String(tokens), String(limit / windowMs), String(burst)]))
    return { granted: reply.number(0), retryAfterMs: reply.number(1) }
  }
}
