import { entries } from './entries.ts'

/**
 * Ends a session and deletes what hangs on it.
 *
 * KEYS     of `entries`
 * ARGV     of `entries`, then [6] session
 * returns  1; 0 where it was not alive
 */
export const revoke: string = entries + String.raw`
begin(true)
sweep()
if not alive(ARGV[FIRST]) then return 0 end
finish(ARGV[FIRST], steady)
commit()
return 1
`
