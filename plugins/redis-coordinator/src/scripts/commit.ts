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
local at = FIRST + 1
local checks = {}
for index = 1, tonumber(ARGV[at]) do
  local kind = ARGV[at + 1]
  local size = kind == 'key' and 2 or kind == 'session' and 1 or 0
  checks[index] = { kind, ARGV[at + 2], ARGV[at + 3] }
  at = at + 1 + size
end
local list = operations(at + 1)
local frugal = true
for _, operation in ipairs(list) do frugal = frugal and not operation[2] end

begin(frugal)
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

for _, check in ipairs(checks) do
  local kind, name, expected = check[1], check[2], check[3]
  if kind == 'key' then
    local found = show(name)
    local revision = found and text(generation) .. ':' .. found[2] or '0'
    if revision ~= expected then return refuse('conflict', name) end
  elseif kind == 'session' then
    if not alive(name) then return refuse('session') end
  elseif calm > steady then
    return refuse('quarantine')
  end
end
for _, operation in ipairs(list) do
  if operation[4] and operation[4] ~= '' and not alive(operation[4]) then return refuse('session') end
end
apply(list)
local outcome = { 'ok', text(generation), text(counter) }
remember(id, outcome)
return outcome
`
