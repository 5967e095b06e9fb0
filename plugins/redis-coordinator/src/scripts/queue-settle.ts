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
local count = tonumber(ARGV[4])
local operations, ids = {}, {}
for index = 1, count do
  operations[index] = ARGV[5 * index]
  ids[index] = ARGV[5 * index + 2]
end
local outcomes = recallAll(operations)
local heads, stops = {}, {}
local head, stop = found('HMGET', KEYS[5], ids), found('ZMSCORE', KEYS[7], ids)
for index, id in ipairs(ids) do heads[id], stops[id] = head[index], stop[index] end

-- What is to be written, once for all.
local free, gone, taken, extended, delayed, ready, remembered = {}, {}, {}, {}, {}, {}, {}

local function settle (what, id, attempt, ms)
  local head, stop = heads[id], stops[id]
  if not head or not stop or tonumber(stop) < wall then return 0 end
  local attempts, _, given = parse(head)
  if attempts ~= attempt then return 0 end
  if what == 'extend' then
    stops[id] = text(math.ceil(wall + ms))
    extended[id] = stops[id]
    return 1
  end
  stops[id], extended[id] = false, nil
  free[#free + 1] = id
  if what == 'ack' then
    gone[#gone + 1] = id
    if given == '1' then
      taken[#taken + 1] = text(math.ceil(wall + tonumber(ARGV[3])))
      taken[#taken + 1] = id
    end
  elseif ms > 0 then
    delayed[#delayed + 1] = text(math.ceil(wall + ms))
    delayed[#delayed + 1] = id
  else
    ready[#ready + 1] = id
  end
  return 1
end

local replies = {}
for index = 1, count do
  local at = 5 * index
  local operation = ARGV[at]
  if not outcomes[operation] then
    outcomes[operation] = settle(ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]))
    remembered[#remembered + 1] = operation
    remembered[#remembered + 1] = outcomes[operation]
  end
  replies[index] = outcomes[operation]
end

-- What needs no memory first: a server that is full lets the rest pass then, and is emptied by it.
each('ZREM', KEYS[7], free)
each('HDEL', KEYS[4], gone)
each('HDEL', KEYS[5], gone)
each('ZADD', KEYS[10], taken)
each('ZADD', KEYS[8], delayed)
each('LPUSH', KEYS[6], ready)
for id, stop in pairs(extended) do redis.call('ZADD', KEYS[7], stop, id) end
rememberAll(remembered)
if #delayed + #ready > 0 then redis.call('PUBLISH', ARGV[1], ARGV[2]) end
return replies
`
