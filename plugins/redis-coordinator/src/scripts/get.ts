import { entries } from './entries.ts'

/**
 * One entry. Writes nothing but, once in a while, the time: where nobody renews, readers see leases end all the same.
 *
 * KEYS     of `entries`
 * ARGV     of `entries`, then [6] key
 * returns  generation, value, counter, session or '', milliseconds to its expiry or ''; nil where it is absent
 */
export const get: string = entries + String.raw`
if gap > ttl / 4 then begin(true) end
local found = show(ARGV[FIRST])
if not found then return false end
return { text(generation or 0), found[1], found[2], found[3], found[4] }
`
