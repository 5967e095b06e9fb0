import { queue } from './queue.ts'

/**
 * What the consumers of one instance ask for in one turn of its event loop: first what becomes of items that they hold, then
 * claims, which put back what is due and hand out what is there; items without an attempt left are put with the dead.
 *
 * KEYS     of `queue`
 * ARGV[1]  channel, [2] name of the queue, [3] visibility in milliseconds, [4] most attempts, [5] milliseconds for which a
 *          given id is remembered, [6] packed (`packStrings`), for each settlement: operation id, 'ack', 'extend' or
 *          'release', id, attempt, milliseconds to extend by or to wait; [7] packed, for each claim: operation id, most items
 * returns  a list: for each settlement 1, or 0 where the receipt is not the current one; then for each claim a list: '', then
 *          for each item: id, attempt, body; or where there is none, milliseconds to the next that falls due, or -1 where
 *          none does
 */
export const queueTurn: string = queue + String.raw`
local settlements, claims = cmsgpack.unpack(ARGV[6]), cmsgpack.unpack(ARGV[7])
local operations = {}
for at = 1, #settlements, 5 do operations[#operations + 1] = settlements[at] end
for at = 1, #claims, 2 do operations[#operations + 1] = claims[at] end
local outcomes = recallAll(operations)
local remembered = {}
local function note (operation, outcome)
  remembered[#remembered + 1] = operation
  remembered[#remembered + 1] = outcome
end
local replies = {}

if #settlements > 0 then
  local held = {}
  for at = 1, #settlements, 5 do held[#held + 1] = settlements[at + 3] .. ':' .. settlements[at + 2] end
  local stops = {}
  for index, stop in ipairs(found('ZMSCORE', KEYS[7], held)) do stops[held[index]] = stop and tonumber(stop) end

  -- What is to be written, once for all.
  local free, gone, taken, extended, delayed, ready = {}, {}, {}, {}, {}, {}
  local kept = text(math.ceil(wall + tonumber(ARGV[5])))
  local function settle (what, element, id, ms)
    local stop = stops[element]
    if not stop or stop < wall then return 0 end
    if what == 'extend' then
      stops[element] = math.ceil(wall + ms)
      extended[element] = text(stops[element])
      return 1
    end
    stops[element], extended[element] = nil, nil
    free[#free + 1] = element
    if what == 'ack' then
      gone[#gone + 1] = id
    elseif ms > 0 then
      delayed[#delayed + 1] = text(math.ceil(wall + ms))
      delayed[#delayed + 1] = element
    else
      ready[#ready + 1] = element
    end
    return 1
  end
  for index, element in ipairs(held) do
    local at = 5 * index - 4
    local operation = settlements[at]
    if not outcomes[operation] then
      outcomes[operation] = settle(settlements[at + 1], element, settlements[at + 2], tonumber(settlements[at + 4]))
      note(operation, outcomes[operation])
    end
    replies[index] = outcomes[operation]
  end

  -- What needs no memory first: a server that is full lets the rest pass then, and is emptied by it.
  each('ZREM', KEYS[7], free)
  for index, item in ipairs(found('HMGET', KEYS[4], gone)) do
    if item and string.byte(item) == PLUS then
      taken[#taken + 1] = kept
      taken[#taken + 1] = gone[index]
    end
  end
  each('HDEL', KEYS[4], gone)
  each('ZADD', KEYS[10], taken)
  each('ZADD', KEYS[8], delayed)
  each('LPUSH', KEYS[6], ready)
  for element, stop in pairs(extended) do redis.call('ZADD', KEYS[7], stop, element) end
  if #delayed + #ready > 0 then tell(ARGV[1], ARGV[2]) end
end

-- What an earlier claim of this operation handed out and is still held.
local function again (answered)
  local reply = { '' }
  for index = 1, #answered, 2 do
    local id, attempt = answered[index], answered[index + 1]
    if redis.call('ZSCORE', KEYS[7], text(attempt) .. ':' .. id) then
      local _, body = open(redis.call('HGET', KEYS[4], id))
      reply[#reply + 1] = id
      reply[#reply + 1] = attempt
      reply[#reply + 1] = body
    end
  end
  return reply
end

local function due (key)
  local elements = redis.call('ZRANGEBYSCORE', key, '-inf', '(' .. text(wall), 'LIMIT', 0, CHUNK)
  each('ZREM', key, elements)
  return elements
end

-- Up to a number of items, leased: id, attempt, body, id …
local function take (limit)
  -- What its consumer let go is older than what waits.
  local expired = due(KEYS[7])
  local first = {}
  for index = #expired, 1, -1 do first[#first + 1] = expired[index] end
  each('LPUSH', KEYS[6], first)
  each('RPUSH', KEYS[6], due(KEYS[8]))

  local attempts = tonumber(ARGV[4])
  local stop = text(math.ceil(wall + tonumber(ARGV[3])))
  local items, leases = {}, {}
  local size, buried = 0, 0
  while size < 3 * limit and buried < CHUNK do
    local elements = redis.call('LPOP', KEYS[6], math.min(limit - size / 3, CHUNK))
    if not elements then break end
    local ids, tried = {}, {}
    for index, element in ipairs(elements) do tried[index], ids[index] = parse(element) end
    local stored = redis.call('HMGET', KEYS[4], unpack(ids))
    for index, id in ipairs(ids) do
      if tried[index] >= attempts then
        redis.call('ZADD', KEYS[9], text(wall), id)
        redis.call('HSET', KEYS[5], id, tried[index])
        buried = buried + 1
      else
        local attempt = tried[index] + 1
        local _, body = open(stored[index])
        items[size + 1], items[size + 2], items[size + 3] = id, attempt, body
        size = size + 3
        leases[#leases + 1] = stop
        leases[#leases + 1] = text(attempt) .. ':' .. id
      end
    end
  end
  each('ZADD', KEYS[7], leases)
  return items
end

local function nextDue ()
  local next = math.huge
  for _, key in ipairs({ KEYS[7], KEYS[8] }) do
    local least = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    if least[2] then next = math.min(next, tonumber(least[2]) - wall + 1) end
  end
  return next < math.huge and text(math.max(0, next)) or '-1'
end

local wanted = 0
for at = 1, #claims, 2 do
  if not outcomes[claims[at]] then wanted = wanted + tonumber(claims[at + 1]) end
end
local items = wanted > 0 and take(wanted) or {}
-- Dealt out in the order of the claims.
local dealt = 0
for at = 1, #claims, 2 do
  local operation = claims[at]
  local reply
  if outcomes[operation] then
    reply = again(outcomes[operation])
  elseif dealt == #items then
    reply = { nextDue() }
  else
    reply = { '' }
    local receipts = {}
    local last = math.min(dealt + 3 * tonumber(claims[at + 1]), #items)
    for place = dealt + 1, last, 3 do
      reply[#reply + 1], reply[#reply + 2], reply[#reply + 3] = items[place], items[place + 1], items[place + 2]
      receipts[#receipts + 1], receipts[#receipts + 2] = items[place], items[place + 1]
    end
    dealt = last
    note(operation, receipts)
  end
  replies[#replies + 1] = reply
end
rememberAll(remembered)
return replies
`
