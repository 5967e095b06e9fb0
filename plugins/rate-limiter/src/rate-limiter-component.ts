import { ControlArgumentError, enabledControl } from '@plimsoll/core'
import type { Clock, Component, Json, Tunable } from '@plimsoll/core'
import type { Limit } from './limit.ts'
import { MAX_UNITS, rateLimiterOptions } from './options.ts'
import type { ResolvedRateLimiterOptions } from './options.ts'
import type { RateLimiter } from './rate-limiter.ts'

/** Limits that are shown, the busiest first, and that can be moved. */
const MAX_SHOWN = 50
/** So long as keys have been sent to the overflow bucket within this time, health is degraded. */
const OVERFLOW_HOLD_MS = 60_000

/** What dashboard, alerts and console see of it. */
export function rateLimiterComponent (limiter: RateLimiter, resolved: ResolvedRateLimiterOptions, clock: Clock): Component {
  const overflow = new OverflowMemory(limiter, clock)
  return {
    kind: 'rate-limiter',
    name: 'rate-limiter',
    snapshot: () => snapshotOf(limiter, clock.now()),
    health () {
      const recent = overflow.recent()
      if (recent === 0) return { status: 'ok' }
      return { status: 'degraded', reason: `${recent} requests of new clients shared one overflow bucket in the last minute: a store is full of clients that are refused. Raise maxKeys, or block them in front` }
    },
    controls: {
      enabled: enabledControl({ get: () => limiter.enabled, set: (enabled) => { limiter.setEnabled(enabled) } }),
      dryRun: {
        description: 'Decide and count, but refuse nobody: true or false',
        get: () => limiter.dryRun,
        run (argument) {
          if (typeof argument !== 'boolean') throw new ControlArgumentError(`dryRun takes true or false, not ${typeof argument}`)
          limiter.dryRun = argument
          return argument
        }
      },
      ban: {
        description: 'Refuses everything of a client, in this process: { "key": "192.0.2.7", "seconds": 600, "limit": "default" }',
        run (argument) {
          const { key, limit, seconds } = clientIn(argument, 'ban')
          if (typeof seconds !== 'number' || !(seconds >= 1)) throw new ControlArgumentError('ban takes { key, seconds, limit? }; seconds from 1')
          return { banned: limiter.ban(key, Math.round(seconds * 1000), limit) }
        }
      },
      reset: {
        description: 'Forgets what a client has used, and its ban: { "key": "192.0.2.7", "limit": "default" }',
        run (argument) {
          const { key, limit } = clientIn(argument, 'reset')
          limiter.reset(key, limit)
          return { key, limit }
        }
      }
    },
    tunables: Object.fromEntries(limiter.limits.all.slice(0, MAX_SHOWN).map((limit, i) => [i === 0 ? 'limit' : `limit-${i}`, tunable(limiter, limit)])),
    configuration () {
      const now: Record<string, Json> = { enabled: limiter.enabled, dryRun: limiter.dryRun }
      const changed = Object.entries(now).filter(([name, value]) => value !== Reflect.get(resolved.values, name))
      return rateLimiterOptions.configuration(resolved, Object.fromEntries(changed))
    }
  }
}

function clientIn (argument: Json | undefined, control: string): { readonly key: string, readonly limit: string, readonly seconds: unknown } {
  const { key, limit = 'default', seconds } = typeof argument === 'object' && argument !== null && !Array.isArray(argument) ? Object(argument) : {}
  if (typeof key !== 'string' || typeof limit !== 'string') throw new ControlArgumentError(`${control} takes an object with the key of a client, such as its address, and the name of a limit`)
  return { key, limit, seconds }
}

function tunable (limiter: RateLimiter, limit: Limit): Tunable {
  const { name } = limit.plan
  return {
    description: `Requests of a client in a window, limit ${name}`,
    unit: 'requests',
    min: 1,
    max: MAX_UNITS,
    get: () => limit.rate.limit,
    set: (value) => { limiter.setLimit(Math.round(value), name) }
  }
}

/** Figures of this moment. */
function snapshotOf (limiter: RateLimiter, now: number): { readonly [key: string]: Json } {
  const limits = [...limiter.limits.all].sort((a, b) => b.counts.allowed + b.counts.refused - a.counts.allowed - a.counts.refused)
  return {
    enabled: limiter.enabled,
    dryRun: limiter.dryRun,
    bannedKeys: limiter.bans.bannedNow(now),
    listed: { ...limiter.listed },
    limits: limits.slice(0, MAX_SHOWN).map(limit => ({
      name: limit.plan.name,
      algorithm: limit.plan.algorithm,
      limit: limit.rate.limit,
      windowMs: limit.rate.windowMs,
      burst: limit.rate.burst,
      cluster: limit.isShared,
      allowed: limit.counts.allowed,
      refused: limit.counts.refused,
      keys: limit.keyCount,
      limitedKeys: limit.limitedKeys(now),
      maxKeys: limit.plan.maxKeys,
      evicted: limit.store.counts.evicted,
      overflowed: limit.store.counts.overflowed
    }))
  }
}

/** How many requests went to the overflow buckets lately, by looking now and then. */
class OverflowMemory {
  readonly #limiter: RateLimiter
  readonly #clock: Clock
  #before = 0
  #since = -Infinity
  #recent = 0

  constructor (limiter: RateLimiter, clock: Clock) {
    this.#limiter = limiter
    this.#clock = clock
  }

  recent (): number {
    const sum = this.#limiter.limits.all.reduce((total, { store }) => total + store.counts.overflowed, 0)
    const now = this.#clock.now()
    if (sum > this.#before) {
      this.#recent = sum - this.#before
      this.#before = sum
      this.#since = now
    }
    return now - this.#since < OVERFLOW_HOLD_MS ? this.#recent : 0
  }
}
