import { prelude } from './prelude.ts'

/**
 * Begins every script that works on a queue. What waits, is leased or delayed stands there as `attempts:id`: what a
 * receipt says, so that one look tells whether it is the current one.
 *
 * KEYS[4] items    HASH  id -> pushed at (wall):body; with a plus sign before it where the id was given
 * KEYS[5] buried   HASH  id of a dead item -> attempts
 * KEYS[6] ready    LIST  attempts:id, the next first
 * KEYS[7] leased   ZSET  attempts:id -> end of its visibility (wall)
 * KEYS[8] delayed  ZSET  attempts:id -> when it is due (wall)
 * KEYS[9] dead     ZSET  id -> when it ran out of attempts (wall)
 * KEYS[10] taken   ZSET  given id of an item that was acknowledged -> until when it is remembered (wall)
 * KEYS[11] queues  SET   names of the queues that were ever pushed to
 */
export const queue: string = prelude + String.raw`
-- Before what was pushed under a given id.
local PLUS = 43
-- Lua can hand on some thousand arguments at once.
local CHUNK = 1000

local function each (command, key, arguments)
  for first = 1, #arguments, CHUNK do
    redis.call(command, key, unpack(arguments, first, math.min(first + CHUNK - 1, #arguments)))
  end
end

-- What a command finds for each of the fields: a command costs more than a field.
local function found (command, key, fields)
  if #fields <= CHUNK then return #fields > 0 and redis.call(command, key, unpack(fields)) or {} end
  local all = {}
  for first = 1, #fields, CHUNK do
    local last = math.min(first + CHUNK - 1, #fields)
    local some = redis.call(command, key, unpack(fields, first, last))
    for index = first, last do all[index] = some[index - first + 1] end
  end
  return all
end

-- As recall, by operation.
local function recallAll (operations)
  local outcomes = {}
  local now, before = found('HMGET', KEYS[2], operations), found('HMGET', KEYS[3], operations)
  for index = 1, #operations do
    local packed = now[index] or before[index]
    if packed then outcomes[operations[index]] = cmsgpack.unpack(packed) end
  end
  return outcomes
end

-- As remember: operation, outcome, operation, outcome …
local function rememberAll (flat)
  if #flat == 0 then return end
  -- Nearly all are the same.
  local packed = {}
  for index = 2, #flat, 2 do
    local outcome = flat[index]
    packed[outcome] = packed[outcome] or cmsgpack.pack(outcome)
    flat[index] = packed[outcome]
  end
  each('HSET', present(), flat)
end

-- attempts, id
local function parse (element)
  local colon = string.find(element, ':', 1, true)
  return tonumber(string.sub(element, 1, colon - 1)), string.sub(element, colon + 1)
end

local function pushedAt (item)
  return tonumber(string.sub(item, 1, string.find(item, ':', 1, true) - 1))
end

local function bodyOf (item)
  return string.sub(item, string.find(item, ':', 1, true) + 1)
end

local function length ()
  return redis.call('HLEN', KEYS[4]) - redis.call('ZCARD', KEYS[9])
end

-- There may be something to claim.
local function tell (channel, name)
  pushes = pushes + 1
  redis.call('HSET', KEYS[1], 'pushes', text(pushes))
  redis.call('PUBLISH', channel, message({ text(pushes), name }))
end
`
