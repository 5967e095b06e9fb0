import { prelude } from './prelude.ts'

/**
 * Begins every script that works on a queue.
 *
 * KEYS[4] bodies   HASH  id -> body
 * KEYS[5] heads    HASH  id -> attempts:pushed at (wall):'1' where the id was given
 * KEYS[6] ready    LIST  ids, the next first
 * KEYS[7] leased   ZSET  id -> end of its visibility (wall)
 * KEYS[8] delayed  ZSET  id -> when it is due (wall)
 * KEYS[9] dead     ZSET  id -> when it ran out of attempts (wall)
 * KEYS[10] taken   ZSET  given id of an acknowledged item -> until when it is remembered (wall)
 * KEYS[11] queues  SET   names of the queues that were ever pushed to
 */
export const queue: string = prelude + String.raw`
-- Lua can hand on some thousand arguments at once.
local CHUNK = 1000

local function each (command, key, arguments)
  for first = 1, #arguments, CHUNK do
    redis.call(command, key, unpack(arguments, first, math.min(first + CHUNK - 1, #arguments)))
  end
end

-- What a command finds for each of the fields: a command costs more than a field.
local function found (command, key, fields)
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
  for index, operation in ipairs(operations) do
    local packed = now[index] or before[index]
    if packed then outcomes[operation] = cmsgpack.unpack(packed) end
  end
  return outcomes
end

-- As remember: operation, outcome, operation, outcome …
local function rememberAll (flat)
  if #flat == 0 then return end
  for index = 2, #flat, 2 do flat[index] = cmsgpack.pack(flat[index]) end
  each('HSET', present(), flat)
end

-- attempts, pushed at, given
local function parse (head)
  local attempts, at, given = string.match(head, '^(%d+):(%d+):(%d)$')
  return tonumber(attempts), at, given
end

local function length ()
  return redis.call('HLEN', KEYS[5]) - redis.call('ZCARD', KEYS[9])
end
`
