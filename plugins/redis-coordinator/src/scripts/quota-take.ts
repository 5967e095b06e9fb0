import { prelude } from './prelude.ts'

/**
 * Takes up to a number of tokens from a bucket. The bucket is a key with a ttl, which it outlives only when it is full.
 * The last operation is remembered in it: a repeated one takes nothing, an older one takes its tokens a second time.
 *
 * KEYS     of `prelude`, then [4] bucket HASH: tokens, at (wall), id, granted
 * ARGV[1]  operation id, [2] tokens, [3] tokens per millisecond, [4] burst
 * returns  tokens taken, milliseconds until one more is there (0 where all were taken)
 */
export const quotaTake: string = prelude + String.raw`
local wanted, rate, burst = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local bucket = redis.call('HMGET', KEYS[4], 'tokens', 'at', 'id', 'granted')
local at = tonumber(bucket[2] or '') or wall
local tokens = math.min(burst, (tonumber(bucket[1] or '') or burst) + math.max(0, wall - at) * rate)
local granted = math.min(wanted, math.floor(tokens))
if bucket[3] == ARGV[1] then
  granted = tonumber(bucket[4])
elseif granted > 0 then
  tokens = tokens - granted
  redis.call('HSET', KEYS[4], 'tokens', string.format('%.17g', tokens), 'at', text(math.max(wall, at)), 'id', ARGV[1], 'granted', text(granted))
  redis.call('PEXPIRE', KEYS[4], text(math.ceil(burst / rate) + 1000))
end
return { granted, granted == wanted and 0 or math.max(1, math.ceil((1 - tokens) / rate)) }
`
