import { entries } from './entries.ts'

/**
 * The one command of an idle instance: puts its session's end off, writes what rides on it, sweeps what has expired.
 *
 * KEYS     of `entries`
 * ARGV     of `entries`, then [6] session, [7] ttl in milliseconds, [8] number of sessions that are asked about, these
 *          sessions, then the operations as `entries` reads them
 * returns  generation, counter, wall time, milliseconds of quarantine left, version of the shares, version of the pushes,
 *          then for each session that was asked about the milliseconds that it has left, 0 where it is not alive; nil: not
 *          alive itself
 */
export const renew: string = entries + String.raw`
begin(true)
sweep()
local session = ARGV[FIRST]
if not alive(session) then return false end
redis.call('ZADD', KEYS[7], text(math.ceil(steady + tonumber(ARGV[FIRST + 1]))), session)
local followed = tonumber(ARGV[FIRST + 2])
apply(operations(FIRST + 3 + followed))
local reply = pulse()
for index = 1, followed do
  local stop = alive(ARGV[FIRST + 2 + index])
  reply[#reply + 1] = stop and text(stop - steady) or '0'
end
return reply
`
