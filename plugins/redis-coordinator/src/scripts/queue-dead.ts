import { queue } from './queue.ts'

/**
 * Items that ran out of attempts, oldest first; writes nothing.
 *
 * KEYS     of `queue`
 * ARGV[1]  most items
 * returns  for each: id, attempts, body
 */
export const queueDead: string = queue + String.raw`
local reply = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[9], 0, tonumber(ARGV[1]) - 1)) do
  reply[#reply + 1] = id
  reply[#reply + 1] = tonumber(redis.call('HGET', KEYS[5], id))
  reply[#reply + 1] = bodyOf(redis.call('HGET', KEYS[4], id))
end
return reply
`
