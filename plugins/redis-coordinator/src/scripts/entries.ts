import { prelude } from './prelude.ts'

/**
 * Begins every script that works on keys and sessions.
 *
 * KEYS[4] values    HASH  key -> bytes
 * KEYS[5] heads     HASH  key -> counter:expiry by its own ttl (wall):session
 * KEYS[6] index     ZSET  keys, all with score 0, for their order
 * KEYS[7] sessions  ZSET  session -> its end (steady)
 * KEYS[8] owned     ZSET  session, NUL, key: what ends with a session
 * KEYS[9] due       ZSET  key -> expiry (wall)
 * KEYS[10] ended    ZSET  session -> when it ended (steady), for an hour
 *
 * ARGV[1] and [2]   generation and counter that this client has seen: where the data is older, it was lost
 * ARGV[3]           the longest lease and grace in milliseconds: the quarantine after a loss
 * ARGV[4]           '1': data that is missing was never there
 * ARGV[5]           channel for changes
 */
export const entries: string = prelude + String.raw`
local FIRST = 6
local changes = {}

-- Notes the time; finds data that was lost. At its maxmemory Redis refuses a script at its first write that needs memory,
-- and lets all pass that come after another: 'frugal' is what must go on then.
local function begin (frugal)
  if frugal then redis.call('ZREM', KEYS[7], '') end
  local seen = tonumber(ARGV[1])
  local longest = math.max(tonumber(ARGV[3]), tonumber(meta[13] or '') or 0)
  if not generation then
    generation = math.max(wall, seen + 1)
    counter = 0
    if ARGV[4] ~= '1' then calm = steady + longest end
  elseif generation < seen or (generation == seen and counter < tonumber(ARGV[2])) then
    generation = math.max(wall, seen + 1, generation + 1)
    calm = steady + longest
  elseif jumped and redis.call('ZCOUNT', KEYS[7], text(before), '+inf') > 0 then
    calm = steady + longest
  end
  redis.call('HSET', KEYS[1], 'format', '1', 'generation', text(generation), 'counter', text(counter), 'wall', text(wall), 'steady', text(steady), 'offset', text(offset), 'calm', text(calm))
end

local function alive (session)
  local stop = redis.call('ZSCORE', KEYS[7], session)
  return stop and tonumber(stop) >= steady and tonumber(stop) or nil
end

-- value, counter, session, milliseconds to its expiry; nothing where it is absent or has expired.
local function show (key)
  local head = redis.call('HGET', KEYS[5], key)
  if not head then return nil end
  local written, expiry, session = string.match(head, '^(%d+):(%d*):(.*)$')
  local left = math.huge
  if expiry ~= '' then
    left = tonumber(expiry) - wall
    if left < 0 then return nil end
  end
  if session ~= '' then
    local stop = alive(session)
    if not stop then return nil end
    left = math.min(left, stop - steady)
  end
  return { redis.call('HGET', KEYS[4], key), written, session, left < math.huge and text(left) or '' }
end

local function disown (key, head)
  local session = string.match(head, '^%d+:%d*:(.*)$')
  if session ~= '' then redis.call('ZREM', KEYS[8], session .. '\0' .. key) end
end

local function delete (key)
  local head = redis.call('HGET', KEYS[5], key)
  if not head then return end
  disown(key, head)
  redis.call('HDEL', KEYS[4], key)
  redis.call('HDEL', KEYS[5], key)
  redis.call('ZREM', KEYS[6], key)
  redis.call('ZREM', KEYS[9], key)
  changes[#changes + 1] = { key }
end

local function put (key, value, ttl, session)
  local head = redis.call('HGET', KEYS[5], key)
  if head then disown(key, head) end
  local expiry = ttl == '' and '' or text(math.ceil(wall + tonumber(ttl)))
  redis.call('HSET', KEYS[4], key, value)
  redis.call('HSET', KEYS[5], key, text(counter + 1) .. ':' .. expiry .. ':' .. session)
  redis.call('ZADD', KEYS[6], 0, key)
  if expiry == '' then redis.call('ZREM', KEYS[9], key) else redis.call('ZADD', KEYS[9], expiry, key) end
  if session ~= '' then redis.call('ZADD', KEYS[8], 0, session .. '\0' .. key) end
  changes[#changes + 1] = { key, value }
end

-- One revision and one message for all that changed; a long value is left for the receiver to read.
local function commit ()
  if #changes == 0 then return end
  local fields = { text(generation), text(counter), text(counter + 1) }
  counter = counter + 1
  redis.call('HSET', KEYS[1], 'counter', text(counter))
  for _, change in ipairs(changes) do
    local entry = change[2] and show(change[1])
    local kind = not change[2] and 'deleted' or (entry and #entry[1] <= 16384) and 'value' or 'changed'
    fields[#fields + 1] = change[1]
    fields[#fields + 1] = kind
    if kind == 'value' then
      for index = 1, 4 do fields[#fields + 1] = entry[index] end
    end
  end
  redis.call('PUBLISH', ARGV[5], message(fields))
  changes = {}
end

local function finish (session, at)
  redis.call('ZREM', KEYS[7], session)
  redis.call('ZADD', KEYS[10], text(at), session)
  redis.call('ZREMRANGEBYSCORE', KEYS[10], '-inf', text(steady - 3600000))
  for _, owned in ipairs(redis.call('ZRANGEBYLEX', KEYS[8], '[' .. session .. '\0', '(' .. session .. '\1')) do
    delete(string.sub(owned, #session + 2))
  end
  shares = shares + 1
  redis.call('HSET', KEYS[1], 'shares', text(shares))
end

-- Expiry is a change like any other, and somebody has to make it.
local function sweep ()
  local over = redis.call('ZRANGEBYSCORE', KEYS[7], '-inf', '(' .. text(steady), 'WITHSCORES', 'LIMIT', 0, 100)
  for index = 1, #over, 2 do finish(over[index], tonumber(over[index + 1])) end
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[9], '-inf', '(' .. text(wall), 'LIMIT', 0, 100)) do delete(key) end
  commit()
end

-- Operations from ARGV[at] on: their number, then for each 'put', key, value, ttl or '', session or ''; or 'delete', key.
local function operations (at)
  local found = {}
  for index = 1, tonumber(ARGV[at]) do
    at = at + 1
    if ARGV[at] == 'put' then
      found[index] = { ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4] }
      at = at + 4
    else
      found[index] = { ARGV[at + 1] }
      at = at + 1
    end
  end
  return found
end

local function apply (list)
  for _, operation in ipairs(list) do
    if operation[2] then put(operation[1], operation[2], operation[3], operation[4]) else delete(operation[1]) end
  end
  commit()
end

local function pulse ()
  return { text(generation), text(counter), text(wall), text(math.max(0, calm - steady)), text(shares), text(pushes) }
end
`
