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

-- Where each push stands, and the given ids of all.
local operations, places, given = {}, {}, {}
local at = 5
for index = 1, tonumber(ARGV[4]) do
  operations[index], places[index] = ARGV[at], at
  at = at + 3
  for _ = 1, tonumber(ARGV[at - 1]) do
    if ARGV[at + 1] == '1' then given[#given + 1] = ARGV[at] end
    at = at + 3
  end
end
local outcomes = recallAll(operations)
-- Pushed before, or a moment ago by another push of these.
local known = {}
local heads, taken = found('HMGET', KEYS[5], given), found('ZMSCORE', KEYS[10], given)
for index, id in ipairs(given) do
  known[id] = heads[index] or (taken[index] and tonumber(taken[index]) >= wall)
end

local held = length()
local empty = held == 0
local bodies, infos, ready, delayed, remembered = {}, {}, {}, {}, {}

local function push (at, delay, count)
  local fresh, mine = {}, {}
  for _ = 1, count do
    local id = ARGV[at]
    if ARGV[at + 1] ~= '1' or not (known[id] or mine[id]) then
      mine[id] = true
      fresh[#fresh + 1] = at
    end
    at = at + 3
  end
  if held + #fresh > limit then return 0 end
  held = held + #fresh
  local due = delay > 0 and text(math.ceil(wall + delay))
  for _, place in ipairs(fresh) do
    local id, info = ARGV[place], '0:' .. text(wall) .. ':' .. ARGV[place + 1]
    known[id] = true
    bodies[#bodies + 1] = id
    bodies[#bodies + 1] = ARGV[place + 2]
    infos[#infos + 1] = id
    infos[#infos + 1] = info
    if due then
      delayed[#delayed + 1] = due
      delayed[#delayed + 1] = id
    else
      ready[#ready + 1] = id
    end
  end
  return 1
end

local replies = {}
for index, operation in ipairs(operations) do
  if not outcomes[operation] then
    local place = places[index]
    outcomes[operation] = push(place + 3, tonumber(ARGV[place + 1]), tonumber(ARGV[place + 2]))
    remembered[#remembered + 1] = operation
    remembered[#remembered + 1] = outcomes[operation]
  end
  replies[index] = outcomes[operation]
end

-- What needs memory first: once something is written, a server that is full lets all the rest pass.
if empty and #infos > 0 then redis.call('SADD', KEYS[11], ARGV[2]) end
each('HSET', KEYS[4], bodies)
each('HSET', KEYS[5], infos)
each('ZADD', KEYS[8], delayed)
each('RPUSH', KEYS[6], ready)
rememberAll(remembered)
redis.call('ZREMRANGEBYSCORE', KEYS[10], '-inf', '(' .. text(wall))
if #infos > 0 then redis.call('PUBLISH', ARGV[1], ARGV[2]) end
return replies
`
