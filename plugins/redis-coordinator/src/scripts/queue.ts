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

-- attempts, pushed at, given
local function parse (head)
  local attempts, at, given = string.match(head, '^(%d+):(%d+):(%d)$')
  return tonumber(attempts), at, given
end

local function length ()
  return redis.call('HLEN', KEYS[5]) - redis.call('ZCARD', KEYS[9])
end
`
