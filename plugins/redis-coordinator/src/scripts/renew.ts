import { entries } from './entries.ts'

/**
 * The one command of an idle instance: puts its session's end off, writes what rides on it, sweeps what has expired.
 *
 * KEYS     of `entries`
 * ARGV     of `entries`, then [6] session, [7] ttl in milliseconds, [8 ...] operations as `entries` reads them
 * returns  generation, counter, wall time, milliseconds of quarantine left, version of the shares; nil: not alive
 */
export const renew: string = entries + String.raw`
begin(true)
sweep()
local session = ARGV[FIRST]
if not alive(session) then return false end
redis.call('ZADD', KEYS[7], text(math.ceil(steady + tonumber(ARGV[FIRST + 1]))), session)
apply(operations(FIRST + 2))
return pulse()
`
