import { queue } from './queue.ts'

/**
 * Several pushes, each of them whole or not at all.
 *
 * KEYS     of `queue`
 * ARGV[1]  channel, [2] name of the queue, [3] maximum length, [4] number of pushes, for each: operation id, delay in
 *          milliseconds, number of items, for each item: id, '1' where the id was given, body
 * returns  for each push 1, or 0 where it would pass the maximum length
 */
export const queuePush: string = queue + String.raw`
local limit = tonumber(ARGV[3])
local replies = {}
local pushed = false

-- Pushed before, or in this very push.
local function known (id, fresh)
  if fresh[id] or redis.call('HEXISTS', KEYS[5], id) == 1 then return true end
  local taken = redis.call('ZSCORE', KEYS[10], id)
  return taken and tonumber(taken) >= wall
end

local function push (at, delay, count)
  local ids, bodies, heads, fresh = {}, {}, {}, {}
  for _ = 1, count do
    local id, given, body = ARGV[at], ARGV[at + 1], ARGV[at + 2]
    if given ~= '1' or not known(id, fresh) then
      fresh[id] = true
      ids[#ids + 1] = id
      bodies[#bodies + 1] = id
      bodies[#bodies + 1] = body
      heads[#heads + 1] = id
      heads[#heads + 1] = '0:' .. text(wall) .. ':' .. given
    end
    at = at + 3
  end
  local present = length()
  if present + #ids > limit then return 0 end
  if #ids == 0 then return 1 end
  if present == 0 then redis.call('SADD', KEYS[11], ARGV[2]) end
  each('HSET', KEYS[4], bodies)
  each('HSET', KEYS[5], heads)
  if delay > 0 then
    for _, id in ipairs(ids) do redis.call('ZADD', KEYS[8], text(math.ceil(wall + delay)), id) end
  else
    each('RPUSH', KEYS[6], ids)
  end
  pushed = true
  return 1
end

local at = 5
for index = 1, tonumber(ARGV[4]) do
  local id, delay, count = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local outcome = recall(id)
  if not outcome then
    outcome = push(at + 3, delay, count)
    remember(id, outcome)
  end
  replies[index] = outcome
  at = at + 3 + 3 * count
end
-- Last: what needs memory has to be the first to write, or a full server would let it pass.
redis.call('ZREMRANGEBYSCORE', KEYS[10], '-inf', '(' .. text(wall))
if pushed then redis.call('PUBLISH', ARGV[1], ARGV[2]) end
return replies
`
