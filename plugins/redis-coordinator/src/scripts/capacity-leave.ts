import { capacity } from './capacity.ts'

/**
 * Gives a session's share back at once.
 *
 * KEYS     of `capacity`
 * ARGV[1]  channel, [2] name, [3] operation id, [4] session
 * returns  1; 0 where it had none
 */
export const capacityLeave: string = capacity + String.raw`
local outcome = recall(ARGV[3])
if outcome then return outcome end
outcome = 0
if drop(ARGV[4]) then
  fill()
  if total == math.huge then total = 0 end
  save()
  tell(ARGV[1], ARGV[2], ARGV[4])
  outcome = 1
end
remember(ARGV[3], outcome)
return outcome
`
