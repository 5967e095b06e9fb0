import { queue } from './queue.ts'

/**
 * Writes nothing.
 *
 * KEYS     of `queue`
 * returns  ready, leased, delayed, dead, milliseconds since the push of the oldest: of the first that is ready and the
 *          first hundred each that are leased and delayed
 */
export const queueStats: string = queue + String.raw`
local function split (key)
  local due = redis.call('ZCOUNT', key, '-inf', '(' .. text(wall))
  return due, redis.call('ZCARD', key) - due
end
local expired, leased = split(KEYS[7])
local due, delayed = split(KEYS[8])
local ids = redis.call('LRANGE', KEYS[6], 0, 0)
for _, key in ipairs({ KEYS[7], KEYS[8] }) do
  for _, id in ipairs(redis.call('ZRANGE', key, 0, 99)) do ids[#ids + 1] = id end
end
local oldest = wall
for _, head in ipairs(#ids > 0 and redis.call('HMGET', KEYS[5], unpack(ids)) or {}) do
  local _, at = parse(head)
  oldest = math.min(oldest, tonumber(at))
end
return { redis.call('LLEN', KEYS[6]) + expired + due, leased, delayed, redis.call('ZCARD', KEYS[9]), text(wall - oldest) }
`
