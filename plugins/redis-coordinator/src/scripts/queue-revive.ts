import { queue } from './queue.ts'

/**
 * Puts a dead item back with its attempts forgotten.
 *
 * KEYS     of `queue`
 * ARGV[1]  channel, [2] name of the queue, [3] maximum length, [4] operation id, [5] id
 * returns  1; 0 where there is none, or the queue is at its maximum
 */
export const queueRevive: string = queue + String.raw`
local id = ARGV[5]
local outcome = recall(ARGV[4])
if outcome then return outcome end
outcome = 0
if redis.call('ZSCORE', KEYS[9], id) and length() < tonumber(ARGV[3]) then
  redis.call('ZREM', KEYS[9], id)
  redis.call('HDEL', KEYS[5], id)
  redis.call('RPUSH', KEYS[6], '0:' .. id)
  tell(ARGV[1], ARGV[2])
  outcome = 1
end
remember(ARGV[4], outcome)
return outcome
`
