import type { PermitHold, PermitSource } from '../work/permit-source.ts'
import { command } from '../redis-server.ts'

export interface ClientClockSemaphoreOptions {
  readonly port: number
  readonly permits: number
  readonly ttlMs: number
  readonly holder: string
  /** This process's own idea of the time: the mistake. */
  readonly now: () => number
}

const SCRIPT = "redis.call('zremrangebyscore', KEYS[1], '-inf', ARGV[1] - ARGV[2]); if redis.call('zcard', KEYS[1]) < tonumber(ARGV[3]) then redis.call('zadd', KEYS[1], ARGV[1], ARGV[4]); return 1 end return 0"

/**
 * Positive control: a semaphore in a sorted set whose scores are the clients' own times, as the field's packages have it.
 * A client whose clock runs ahead takes the permits of all others for expired.
 */
export class ClientClockSemaphore implements PermitSource {
  readonly #options: ClientClockSemaphoreOptions
  #taken = 0

  constructor (options: ClientClockSemaphoreOptions) { this.#options = options }

  want (): void {}

  async tryAcquire (): Promise<PermitHold | undefined> {
    const { port, permits, ttlMs, holder, now } = this.#options
    const member = `${holder}-${this.#taken++}`
    const reply = await command(port, `EVAL "${SCRIPT}" 1 control:permits ${now()} ${ttlMs} ${permits} ${member}`).catch(() => '')
    if (!reply.startsWith(':1')) return undefined
    return { signal: NEVER, release: () => { command(port, `ZREM control:permits ${member}`).catch(() => {}) } }
  }
}

const NEVER = new AbortController().signal
