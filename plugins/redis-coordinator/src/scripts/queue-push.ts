import { queue } from './queue.ts'

/**
 * Several pushes, each of them whole or not at all.
 *
 * KEYS     of `queue`
 * ARGV[1]  channel, [2] name of the queue, [3] maximum length, [4] number of pushes, [5] packed (`packStrings`), for each
 *          push: operation id, delay in milliseconds, number of items, for each item: id, '1' where the id was given, body
 * returns  for each push 1, or 0 where it would pass the maximum length
 */
export const queuePush: string = queue + String.raw`
local limit = tonumber(ARGV[3])
local fields = cmsgpack.unpack(ARGV[5])

-- Where each push stands, and the given ids of all.
local operations, places, given = {}, {}, {}
local at = 1
for index = 1, tonumber(ARGV[4]) do
  operations[index], places[index] = fields[at], at
  local last = at + 3 * tonumber(fields[at + 2])
  at = at + 3
  for place = at, last, 3 do
    if fields[place + 1] == '1' then given[#given + 1] = fields[place] end
  end
  at = last + 3
end
local outcomes = recallAll(operations)
-- Pushed before, or a moment ago by another push of these.
local known = {}
local living, taken = found('HMGET', KEYS[4], given), found('ZMSCORE', KEYS[10], given)
for index, id in ipairs(given) do
  known[id] = living[index] or taken[index] and tonumber(taken[index]) >= wall
end

local held = length()
local empty = held == 0
local items, ready, delayed, remembered = {}, {}, {}, {}
local size, waiting = 0, 0
local now = text(wall) .. ':'

local function push (at, delay, count)
  local fresh, mine = {}, {}
  for place = at, at + 3 * (count - 1), 3 do
    local id = fields[place]
    if fields[place + 1] ~= '1' then
      fresh[#fresh + 1] = place
    elseif not (known[id] or mine[id]) then
      mine[id] = true
      fresh[#fresh + 1] = place
    end
  end
  if held + #fresh > limit then return 0 end
  held = held + #fresh
  local due = delay > 0 and text(math.ceil(wall + delay))
  for _, place in ipairs(fresh) do
    local id = fields[place]
    items[size + 1] = id
    if fields[place + 1] == '1' then
      known[id] = true
      items[size + 2] = '+' .. now .. fields[place + 2]
    else
      items[size + 2] = now .. fields[place + 2]
    end
    size = size + 2
    if due then
      delayed[#delayed + 1] = due
      delayed[#delayed + 1] = '0:' .. id
    else
      waiting = waiting + 1
      ready[waiting] = '0:' .. id
    end
  end
  return 1
end

local replies = {}
for index, operation in ipairs(operations) do
  if not outcomes[operation] then
    local place = places[index]
    outcomes[operation] = push(place + 3, tonumber(fields[place + 1]), tonumber(fields[place + 2]))
    remembered[#remembered + 1] = operation
    remembered[#remembered + 1] = outcomes[operation]
  end
  replies[index] = outcomes[operation]
end

-- What needs memory first: once something is written, a server that is full lets all the rest pass.
if empty and size > 0 then redis.call('SADD', KEYS[11], ARGV[2]) end
each('HSET', KEYS[4], items)
each('ZADD', KEYS[8], delayed)
each('RPUSH', KEYS[6], ready)
rememberAll(remembered)
redis.call('ZREMRANGEBYSCORE', KEYS[10], '-inf', '(' .. text(wall))
if size > 0 then tell(ARGV[1], ARGV[2]) end
return replies
`
