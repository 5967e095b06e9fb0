import { entries } from './entries.ts'

/**
 * Entries whose key begins with a prefix, in the order of their bytes.
 *
 * KEYS     of `entries`
 * ARGV     of `entries`, then [6] prefix, [7] key after which to begin or '', [8] most entries
 * returns  generation, counter, then for each: key, value, counter, session or '', milliseconds to its expiry or ''
 */
export const list: string = entries + String.raw`
begin(true)
sweep()
local prefix, after = ARGV[FIRST], ARGV[FIRST + 1]
local from = '[' .. prefix
if after ~= '' then from = '(' .. after end
local reply = { text(generation), text(counter) }
for _, key in ipairs(redis.call('ZRANGEBYLEX', KEYS[6], from, '(' .. prefix .. '\255', 'LIMIT', 0, ARGV[FIRST + 2])) do
  local found = show(key)
  if found then
    reply[#reply + 1] = key
    for index = 1, 4 do reply[#reply + 1] = found[index] end
  end
end
return reply
`
