import { capacity } from './capacity.ts'

/**
 * For people; writes nothing.
 *
 * KEYS     of `capacity`
 * returns  sum, total, then for each of the first 1,000 holders: session, granted:wants:in use:total:floor
 */
export const capacityHolders: string = capacity + String.raw`
local reply = { text(sum), text(total) }
for _, session in ipairs(redis.call('ZRANGE', KEYS[5], 0, 999)) do
  reply[#reply + 1] = session
  reply[#reply + 1] = redis.call('HGET', KEYS[4], session)
end
return reply
`
