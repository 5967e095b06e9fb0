import { capacity } from './capacity.ts'

/**
 * What one session tells of its share, and what it is granted: what it keeps, and beyond that only what nobody has.
 *
 * KEYS     of `capacity`
 * ARGV[1]  channel, [2] name, [3] operation id, [4] session, [5] wants, [6] has, [7] in use, [8] total, [9] floor,
 *          [10] '1' where `has` is carried over from data that was lost, [11] grace in milliseconds, [12] most holders
 * returns  granted, total that rules, target, milliseconds after which to report again or ''; nil: session not alive
 */
export const capacityReport: string = capacity + String.raw`
local channel, name, id, session = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local wants, has, used, most, floor = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local carried, grace = ARGV[10] == '1', tonumber(ARGV[11])

local stop = tonumber(redis.call('ZSCORE', KEYS[9], session) or '')
if not stop or stop < steady then return false end
local answered = recall(id)
if answered then return answered end

-- A session that has ended keeps its line for the grace, counted from its end.
for _, other in ipairs(redis.call('ZRANGEBYSCORE', KEYS[7], '-inf', '(' .. text(steady), 'LIMIT', 0, 100)) do
  local living = tonumber(redis.call('ZSCORE', KEYS[9], other) or '')
  if living and living >= steady then
    redis.call('ZADD', KEYS[7], text(living), other)
  else
    local over = tonumber(redis.call('ZSCORE', KEYS[10], other) or '') or living or steady
    redis.call('ZREM', KEYS[7], other)
    redis.call('ZADD', KEYS[8], text(over + grace), other)
  end
end
for _, other in ipairs(redis.call('ZRANGEBYSCORE', KEYS[8], '-inf', '(' .. text(steady), 'LIMIT', 0, 100)) do drop(other) end

local old = holder(session)
if not old and redis.call('HLEN', KEYS[4]) >= tonumber(ARGV[12]) then return { 0, text(most), 0, text(grace) } end
local granted = old and old.granted or 0
local held = carried and has or math.min(has, granted)
local function write (number)
  redis.call('HSET', KEYS[4], session, table.concat({ text(number), ARGV[5], ARGV[7], ARGV[8], ARGV[9] }, ':'))
end
write(held)
if not old then
  redis.call('ZADD', KEYS[5], 0, session)
  redis.call('ZADD', KEYS[7], text(stop), session)
  redis.call('SADD', KEYS[11], name)
end

local others = sum - granted
local mine = { wants = wants, floor = floor }
changed = changed or not old or old.wants ~= wants or old.total ~= most or old.floor ~= floor
local share
if changed or cut then share = fill()[session] else share = fair(session, mine) end
local target = math.min(share, math.max(0, total - others))
local now = math.max(held, target)
-- In quarantine nothing grows, but what is held is to be known.
if calm > steady then now = held end
sum = others + now
write(now)
save()
if concerns() then tell(channel, name, session) end

local again = math.huge
local next = redis.call('ZRANGE', KEYS[8], 0, 0, 'WITHSCORES')
if next[2] then again = tonumber(next[2]) - steady + 1 end
if calm > steady then again = math.min(again, calm - steady + 1) end
local outcome = { text(now), text(total), text(target), again < math.huge and text(math.max(1, again)) or '' }
remember(id, outcome)
return outcome
`
