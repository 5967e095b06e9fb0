import { queue } from './queue.ts'

/**
 * What the consumers of one instance ask for in one turn of its event loop: first what becomes of items that they hold, then
 * claims, which put back what is due and hand out what is there; items without an attempt left are put with the dead.
 *
 * KEYS     of `queue`
 * ARGV[1]  channel, [2] name of the queue, [3] visibility in milliseconds, [4] most attempts, [5] milliseconds for which a
 *          given id is remembered; the rest packed (`packStrings`): [6] operation ids, of the settlements first, then of the
 *          claims; of each settlement [7] attempt:id, and [8] id; [9] of each that is no acknowledgement: its place from 1,
 *          'extend' or 'release', milliseconds to extend by or to wait; [10] of each claim: most items
 * returns  for each settlement 1, or 0 where the receipt is not the current one; then for each claim: number of items, and of
 *          each of them id, attempt, body; or 0, and milliseconds to the next that falls due, or -1 where none does
 */
export const queueTurn: string = queue + String.raw`
local operations, held, ids = cmsgpack.unpack(ARGV[6]), cmsgpack.unpack(ARGV[7]), cmsgpack.unpack(ARGV[8])
local limits = cmsgpack.unpack(ARGV[10])
local outcomes = recallAll(operations)
local remembered = {}
local function note (operation, outcome)
  local size = #remembered
  remembered[size + 1], remembered[size + 2] = operation, outcome
end
local replies = {}

if #held > 0 then
  local stops = found('ZMSCORE', KEYS[7], held)
  -- Where what is no acknowledgement stands.
  local others, other = cmsgpack.unpack(ARGV[9]), {}
  for at = 1, #others, 3 do other[tonumber(others[at])] = at end

  -- What is to be written, once for all.
  local free, gone, taken, extended, delayed, ready, ended = {}, {}, {}, {}, {}, {}, {}
  local function settle (index, element, stop)
    if not stop or ended[element] or tonumber(stop) < wall then return 0 end
    local at = other[index]
    if at and others[at + 1] == 'extend' then
      extended[element] = text(math.ceil(wall + tonumber(others[at + 2])))
      return 1
    end
    ended[element], extended[element] = true, nil
    free[#free + 1] = element
    if not at then
      gone[#gone + 1] = ids[index]
    elseif tonumber(others[at + 2]) > 0 then
      delayed[#delayed + 1] = text(math.ceil(wall + tonumber(others[at + 2])))
      delayed[#delayed + 1] = element
    else
      ready[#ready + 1] = element
    end
    return 1
  end
  for index = 1, #held do
    local operation = operations[index]
    local outcome = outcomes[operation]
    if not outcome then
      outcome = settle(index, held[index], stops[index])
      outcomes[operation] = outcome
      note(operation, outcome)
    end
    replies[index] = outcome
  end

  -- What needs no memory first: a server that is full lets the rest pass then, and is emptied by it.
  each('ZREM', KEYS[7], free)
  local kept = text(math.ceil(wall + tonumber(ARGV[5])))
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

local function due (key)
  local elements = redis.call('ZRANGEBYSCORE', key, '-inf', '(' .. text(wall), 'LIMIT', 0, CHUNK)
  each('ZREM', key, elements)
  return elements
end

-- Up to a number of items, leased: attempt:id, id, attempt, body, attempt:id …
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
  local size, leased, buried = 0, 0, 0
  while size < 4 * limit and buried < CHUNK do
    local elements = redis.call('LPOP', KEYS[6], math.min(limit - size / 4, CHUNK))
    if not elements then break end
    local ids, tried = {}, {}
    for index = 1, #elements do tried[index], ids[index] = parse(elements[index]) end
    local stored = redis.call('HMGET', KEYS[4], unpack(ids))
    for index = 1, #ids do
      local id, attempt = ids[index], tried[index] + 1
      if attempt > attempts then
        redis.call('ZADD', KEYS[9], text(wall), id)
        redis.call('HSET', KEYS[5], id, tried[index])
        buried = buried + 1
      else
        local element = attempt .. ':' .. id
        items[size + 1], items[size + 2], items[size + 3], items[size + 4] = element, id, attempt, bodyOf(stored[index])
        size = size + 4
        leases[leased + 1], leases[leased + 2] = stop, element
        leased = leased + 2
      end
    end
  end
  each('ZADD', KEYS[7], leases)
  return items
end

local next
local function nextDue ()
  if next then return next end
  next = math.huge
  for _, key in ipairs({ KEYS[7], KEYS[8] }) do
    local least = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    if least[2] then next = math.min(next, tonumber(least[2]) - wall + 1) end
  end
  next = next < math.huge and text(math.max(0, next)) or '-1'
  return next
end

local wanted = 0
for index, limit in ipairs(limits) do
  if not outcomes[operations[#held + index]] then wanted = wanted + tonumber(limit) end
end
local items = wanted > 0 and take(wanted) or {}
-- Dealt out in the order of the claims.
local dealt = 0
for index, limit in ipairs(limits) do
  local operation = operations[#held + index]
  local head = #replies + 1
  local count = 0
  local function hand (id, attempt, body)
    local at = head + 3 * count
    replies[at + 1], replies[at + 2], replies[at + 3] = id, attempt, body
    count = count + 1
  end
  replies[head] = 0
  if outcomes[operation] then
    -- What it handed out before and is still held.
    for _, element in ipairs(outcomes[operation]) do
      if redis.call('ZSCORE', KEYS[7], element) then
        local attempt, id = parse(element)
        hand(id, attempt, bodyOf(redis.call('HGET', KEYS[4], id)))
      end
    end
  elseif dealt < #items then
    local leases = {}
    for at = dealt + 1, math.min(dealt + 4 * tonumber(limit), #items), 4 do
      leases[#leases + 1] = items[at]
      hand(items[at + 1], items[at + 2], items[at + 3])
    end
    dealt = dealt + 4 * count
    note(operation, leases)
  end
  replies[head] = count
  if count == 0 then replies[head + 1] = nextDue() end
end
rememberAll(remembered)
return replies
`
