import { queue } from './queue.ts'

/**
 * What consumers do with items that they hold, several at once.
 *
 * KEYS     of `queue`
 * ARGV[1]  channel, [2] name of the queue, [3] milliseconds for which a given id is remembered, [4] number, for each:
 *          operation id, 'ack', 'extend' or 'release', id, attempt, milliseconds to extend by or to wait
 * returns  for each 1, or 0 where the receipt is not the current one
 */
export const queueSettle: string = queue + String.raw`
local replies = {}
local released = false

local function settle (what, id, attempt, ms)
  local head = redis.call('HGET', KEYS[5], id)
  local stop = head and redis.call('ZSCORE', KEYS[7], id)
  if not stop or tonumber(stop) < wall then return 0 end
  local attempts, _, given = parse(head)
  if attempts ~= attempt then return 0 end
  if what == 'extend' then
    redis.call('ZADD', KEYS[7], text(math.ceil(wall + ms)), id)
    return 1
  end
  redis.call('ZREM', KEYS[7], id)
  if what == 'ack' then
    redis.call('HDEL', KEYS[4], id)
    redis.call('HDEL', KEYS[5], id)
    if given == '1' then redis.call('ZADD', KEYS[10], text(math.ceil(wall + tonumber(ARGV[3]))), id) end
  else
    released = true
    if ms > 0 then redis.call('ZADD', KEYS[8], text(math.ceil(wall + ms)), id) else redis.call('LPUSH', KEYS[6], id) end
  end
  return 1
end

for index = 1, tonumber(ARGV[4]) do
  local at = 5 * index
  local outcome = recall(ARGV[at])
  if not outcome then
    outcome = settle(ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]))
    remember(ARGV[at], outcome)
  end
  replies[index] = outcome
end
if released then redis.call('PUBLISH', ARGV[1], ARGV[2]) end
return replies
`
