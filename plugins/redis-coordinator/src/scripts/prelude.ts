/**
 * Begins every script.
 *
 * KEYS[1] meta   HASH  format, generation, counter, wall, steady, offset, ttl, calm, skew, memory, memoryAt, shares, longest,
 *                pushes
 * KEYS[2] and [3]  HASH  outcomes of recent operations by id: the present and the last minute's
 *
 * Two clocks, both of them never running back:
 *
 *   wall    Unix milliseconds. Where the server's clock goes back, the offset keeps them going from where they were.
 *   steady  for leases. While instances live, one renews each third of a ttl: a gap between two commands of more than half
 *           a ttl is a clock that was set on, or nobody was there, and does not count. One of more than a ttl counts, but
 *           since it may be a jump under which leases end too early, it begins a quarantine (`jumped`).
 *
 * `skew` is added to the server's time: for tests of its jumps.
 */
export const prelude: string = String.raw`
local meta = redis.call('HMGET', KEYS[1], 'format', 'generation', 'counter', 'wall', 'steady', 'offset', 'ttl', 'calm', 'skew', 'memory', 'memoryAt', 'shares', 'longest', 'pushes')
if meta[1] and meta[1] ~= '1' then return redis.error_reply('PLMFORMAT ' .. meta[1]) end

local function text (number) return string.format('%.0f', number) end

local time = redis.call('TIME')
local wall = time[1] * 1000 + math.floor(time[2] / 1000) + (tonumber(meta[9] or '') or 0)
local offset = tonumber(meta[6] or '') or 0
wall = wall + offset
local last = tonumber(meta[4] or '') or wall
if wall < last then
  offset = offset + last - wall
  wall = last
end
local ttl = tonumber(meta[7] or '') or math.huge
local gap = wall - last
local jumped = gap > ttl
local before = tonumber(meta[5] or '') or wall
local steady = before
if gap <= ttl / 2 or jumped then steady = before + gap end

local generation = tonumber(meta[2] or '')
local counter = tonumber(meta[3] or '') or 0
local calm = tonumber(meta[8] or '') or 0
-- Of the last messages of either kind: a renewal tells them, so a message that was lost is missed.
local shares = tonumber(meta[12] or '') or 0
local pushes = tonumber(meta[14] or '') or 0

-- What an operation led to, kept for one to two minutes, of the last 100,000 to 200,000.
local memory = tonumber(meta[10] or '') or 0
local function recall (id)
  local outcome = redis.call('HGET', KEYS[2], id) or redis.call('HGET', KEYS[3], id)
  return outcome and cmsgpack.unpack(outcome) or nil
end
-- Where outcomes are written to, begun anew when it is old or full.
local function present ()
  local at = tonumber(meta[11] or '') or 0
  if wall - at >= 60000 or redis.call('HLEN', KEYS[2 + memory]) >= 100000 then
    memory = 1 - memory
    redis.call('UNLINK', KEYS[2 + memory])
    redis.call('HSET', KEYS[1], 'memory', memory, 'memoryAt', text(wall))
    meta[11] = text(wall)
  end
  return KEYS[2 + memory]
end
local function remember (id, outcome)
  redis.call('HSET', present(), id, cmsgpack.pack(outcome))
end

-- Fields of a message, each with its length before it.
local function message (fields)
  local parts = {}
  for index, field in ipairs(fields) do parts[index] = #field .. ':' .. field end
  return table.concat(parts)
end
`
