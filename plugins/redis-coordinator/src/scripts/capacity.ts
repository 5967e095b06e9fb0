import { prelude } from './prelude.ts'

/**
 * Begins every script that works on a capacity.
 *
 * KEYS[4] holders     HASH  session -> granted:wants:in use:total:floor
 * KEYS[5] order       ZSET  sessions, all with score 0, for their order
 * KEYS[6] state       HASH  sum (granted), total (the lowest), level, bound, cut
 * KEYS[7] checks      ZSET  session -> when its end is to be looked for (steady)
 * KEYS[8] graces      ZSET  session that has ended -> when its line goes (steady)
 * KEYS[9] sessions    ZSET  of `entries`
 * KEYS[10] ended      ZSET  of `entries`
 * KEYS[11] capacities SET   names of the capacities that were ever reported to
 *
 * Max-min fairness is a level: everybody gets the least of what it wants and the level, at least its floor, and the
 * first few in order up to `bound` one more. It is computed anew only when somebody wants something else, so a grant
 * costs the same whatever the number of holders. `cut`: the floors alone are more than the total.
 */
export const capacity: string = prelude + String.raw`
local function read (line)
  local granted, wants, used, total, floor = string.match(line, '^(%d+):(%d+):(%d+):(%d+):(%d+)$')
  return { granted = tonumber(granted), wants = tonumber(wants), used = tonumber(used), total = tonumber(total), floor = tonumber(floor) }
end

local function holder (session)
  local line = redis.call('HGET', KEYS[4], session)
  return line and read(line) or nil
end

local state = redis.call('HMGET', KEYS[6], 'sum', 'total', 'level', 'bound', 'cut')
local sum = tonumber(state[1] or '') or 0
local total = tonumber(state[2] or '') or 0
local level = tonumber(state[3] or '') or 0
local bound = state[4] or ''
local cut = state[5] == '1'
local changed = false
local before = { room = total - sum, total = total, level = level, bound = bound, cut = cut }

local function drop (session)
  local mine = holder(session)
  redis.call('ZREM', KEYS[7], session)
  redis.call('ZREM', KEYS[8], session)
  if not mine then return false end
  redis.call('HDEL', KEYS[4], session)
  redis.call('ZREM', KEYS[5], session)
  sum = sum - mine.granted
  changed = true
  return true
end

-- Water filling in whole permits (core's fairShare): what each session gets of the total.
local function fill ()
  local sessions = redis.call('ZRANGE', KEYS[5], 0, -1)
  local demands = {}
  total = math.huge
  for index, line in ipairs(#sessions > 0 and redis.call('HMGET', KEYS[4], unpack(sessions)) or {}) do
    demands[index] = read(line)
    total = math.min(total, demands[index].total)
  end
  local left, high = total, 0
  for _, demand in ipairs(demands) do
    demand.share = math.min(demand.floor, left)
    left = left - demand.share
    high = math.max(high, demand.wants)
  end
  local function given (at)
    local needed = 0
    for _, demand in ipairs(demands) do needed = needed + math.max(0, math.min(demand.wants, at) - demand.share) end
    return needed
  end
  local low = 0
  while left > 0 and low < high do
    local middle = math.ceil((low + high) / 2)
    if given(middle) <= left then low = middle else high = middle - 1 end
  end
  local rest = left - given(low)
  local shares = {}
  level, bound, cut = low, '', false
  for index, demand in ipairs(demands) do
    if demand.share < demand.floor then cut = true end
    local one = 0
    if rest > 0 and demand.wants > low and demand.share <= low then
      one = 1
      rest = rest - 1
      bound = sessions[index]
    end
    shares[sessions[index]] = demand.share + math.max(0, math.min(demand.wants, low) - demand.share) + one
  end
  return shares
end

local function atMost (a, b)
  for index = 1, math.min(#a, #b) do
    local one, other = string.byte(a, index), string.byte(b, index)
    if one ~= other then return one < other end
  end
  return #a <= #b
end

local function fair (session, mine)
  local share = math.max(mine.floor, math.min(mine.wants, level))
  if mine.wants > level and mine.floor <= level and atMost(session, bound) then share = share + 1 end
  return share
end

local function save ()
  redis.call('HSET', KEYS[6], 'sum', text(sum), 'total', text(total), 'level', text(level), 'bound', bound, 'cut', cut and '1' or '0')
end

-- Whether anybody else may have more now, or has to give: most changes of demand concern nobody else, and each message
-- costs every instance.
local function concerns ()
  local room = total - sum
  if total ~= before.total or cut ~= before.cut then return true end
  -- Who gets its floor then, the level does not tell.
  if cut then return changed or room > before.room end
  if level < before.level or level == before.level and not atMost(before.bound, bound) then return true end
  return room > 0 and (room > before.room or level > before.level or bound ~= before.bound)
end

-- What each receiver needs to tell whether to report: the level, and whether there is anything to be had.
local function tell (channel, name, session)
  shares = shares + 1
  redis.call('HSET', KEYS[1], 'shares', text(shares))
  redis.call('PUBLISH', channel, message({ text(shares), name, session, text(total), text(level), bound, text(math.max(0, total - sum)), cut and '1' or '0' }))
end
`
