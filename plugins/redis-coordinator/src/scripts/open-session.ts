import { entries } from './entries.ts'

/**
 * Begins a session, or finds it living.
 *
 * KEYS     of `entries`
 * ARGV     of `entries`, then [6] session, [7] ttl in milliseconds
 * returns  generation, counter, wall time, milliseconds of quarantine left, version of the shares
 */
export const openSession: string = entries + String.raw`
begin(true)
redis.call('HSET', KEYS[1], 'ttl', ARGV[FIRST + 1], 'longest', ARGV[3])
sweep()
if not alive(ARGV[FIRST]) then redis.call('ZADD', KEYS[7], text(math.ceil(steady + tonumber(ARGV[FIRST + 1]))), ARGV[FIRST]) end
return pulse()
`
