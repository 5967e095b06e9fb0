import { entries } from './entries.ts'

/**
 * All operations or none, atomic with the checks, once for each operation id.
 *
 * KEYS     of `entries`
 * ARGV     of `entries`, then [6] operation id, [7] number of checks, for each: 'key', key, revision as
 *          generation:counter or '0'; 'session', session; or 'calm'; then the operations as `entries` reads them
 * returns  'ok', generation, counter; or 'no', reason, key or '', generation, and where it is there: value, counter,
 *          session or '', milliseconds to its expiry or ''
 */
export const commit: string = entries + String.raw`
begin()
sweep()
local id = ARGV[FIRST]
local answered = recall(id)
if answered then return answered end

local function refuse (reason, key)
  remember(id, { 'no', reason, key or '', text(generation) })
  local reply = { 'no', reason, key or '', text(generation) }
  local found = key and show(key)
  for index = 1, found and 4 or 0 do reply[4 + index] = found[index] end
  return reply
end

local at = FIRST + 1
for _ = 1, tonumber(ARGV[at]) do
  at = at + 1
  if ARGV[at] == 'key' then
    local found = show(ARGV[at + 1])
    local revision = found and text(generation) .. ':' .. found[2] or '0'
    if revision ~= ARGV[at + 2] then return refuse('conflict', ARGV[at + 1]) end
    at = at + 2
  elseif ARGV[at] == 'session' then
    if not alive(ARGV[at + 1]) then return refuse('session') end
    at = at + 1
  elseif calm > steady then
    return refuse('quarantine')
  end
end
local list = operations(at + 1)
for _, operation in ipairs(list) do
  if operation[4] and operation[4] ~= '' and not alive(operation[4]) then return refuse('session') end
end
apply(list)
local outcome = { 'ok', text(generation), text(counter) }
remember(id, outcome)
return outcome
`
