import { queue } from './queue.ts'

/**
 * Writes nothing.
 *
 * KEYS     of `queue`
 * returns  ready, leased, delayed, dead, milliseconds since the push of the oldest: of the first that is ready and the
 *          first hundred each that are leased and delayed, but for bodies above 64 KiB, which are too much to read for this
 */
export const queueStats: string = queue + String.raw`
local function split (key)
  local due = redis.call('ZCOUNT', key, '-inf', '(' .. text(wall))
  return due, redis.call('ZCARD', key) - due
end
local expired, leased = split(KEYS[7])
local due, delayed = split(KEYS[8])
local elements = redis.call('LRANGE', KEYS[6], 0, 0)
for _, key in ipairs({ KEYS[7], KEYS[8] }) do
  for _, element in ipairs(redis.call('ZRANGE', key, 0, 99)) do elements[#elements + 1] = element end
end
local oldest = wall
for _, element in ipairs(elements) do
  local _, id = parse(element)
  if redis.call('HSTRLEN', KEYS[4], id) <= 65536 then
    oldest = math.min(oldest, pushedAt(redis.call('HGET', KEYS[4], id)))
  end
end
return { redis.call('LLEN', KEYS[6]) + expired + due, leased, delayed, redis.call('ZCARD', KEYS[9]), text(wall - oldest) }
`
