import { queue } from './queue.ts'

/**
 * Puts back what is due, then hands out up to a number of items; those without an attempt left are put with the dead.
 *
 * KEYS     of `queue`
 * ARGV[1]  operation id, [2] most items, [3] visibility in milliseconds, [4] most attempts
 * returns  '', then for each item: id, attempt, body; or where there is none, milliseconds to the next that falls due, or
 *          -1 where none does
 */
export const queueClaim: string = queue + String.raw`
local limit, attempts = tonumber(ARGV[2]), tonumber(ARGV[4])
local answered = recall(ARGV[1])
if answered then
  local reply = { '' }
  for index = 1, #answered, 2 do
    local id, attempt = answered[index], answered[index + 1]
    local head = redis.call('HGET', KEYS[5], id)
    if head and parse(head) == attempt and redis.call('ZSCORE', KEYS[7], id) then
      reply[#reply + 1] = id
      reply[#reply + 1] = attempt
      reply[#reply + 1] = redis.call('HGET', KEYS[4], id)
    end
  end
  return reply
end

local function due (key)
  local ids = redis.call('ZRANGEBYSCORE', key, '-inf', '(' .. text(wall), 'LIMIT', 0, CHUNK)
  each('ZREM', key, ids)
  return ids
end

-- What its consumer let go is older than what waits.
local expired = due(KEYS[7])
local first = {}
for index = #expired, 1, -1 do first[#first + 1] = expired[index] end
each('LPUSH', KEYS[6], first)
each('RPUSH', KEYS[6], due(KEYS[8]))

local reply, claimed = { '' }, {}
local heads, leases = {}, {}
local stop = text(math.ceil(wall + tonumber(ARGV[3])))
local buried = 0
while #claimed < 2 * limit and buried < CHUNK do
  local ids = redis.call('LPOP', KEYS[6], math.min(limit - #claimed / 2, CHUNK))
  if not ids then break end
  local found = redis.call('HMGET', KEYS[5], unpack(ids))
  local bodies = redis.call('HMGET', KEYS[4], unpack(ids))
  for index, id in ipairs(ids) do
    local attempt, at, given = parse(found[index])
    if attempt >= attempts then
      redis.call('ZADD', KEYS[9], text(wall), id)
      buried = buried + 1
    else
      heads[#heads + 1] = id
      heads[#heads + 1] = (attempt + 1) .. ':' .. at .. ':' .. given
      leases[#leases + 1] = stop
      leases[#leases + 1] = id
      claimed[#claimed + 1] = id
      claimed[#claimed + 1] = attempt + 1
      reply[#reply + 1] = id
      reply[#reply + 1] = attempt + 1
      reply[#reply + 1] = bodies[index]
    end
  end
end
each('HSET', KEYS[5], heads)
each('ZADD', KEYS[7], leases)
if #claimed > 0 then
  remember(ARGV[1], claimed)
else
  local next = math.huge
  for _, key in ipairs({ KEYS[7], KEYS[8] }) do
    local least = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    if least[2] then next = math.min(next, tonumber(least[2]) - wall + 1) end
  end
  reply[1] = next < math.huge and text(math.max(0, next)) or '-1'
end
return reply
`
