import { OUTCOME_CLASSES } from '@plimsoll/core'
import type { SettleReason } from '@plimsoll/core'
import t from 'tap'
import { outcomeOf, outcomeOfStatus } from '../src/outcome.ts'

t.test('a whole answer has the class of its status, anything else that of its end', async (t) => {
  const ends: ReadonlyArray<readonly [SettleReason, number, string]> = [
    ['completed', 200, '2xx'], ['completed', 204, '2xx'], ['completed', 304, '3xx'], ['completed', 404, '4xx'], ['completed', 503, '5xx'],
    ['refused', 503, 'refused'], ['client-abort', 200, 'aborted'], ['reset', 200, 'reset'], ['timeout', 200, 'timeout'],
    ['stream', 200, 'stream'], ['upgraded', 101, 'upgraded']
  ]
  for (const [reason, status, name] of ends) t.equal(OUTCOME_CLASSES[outcomeOf(reason, status)], name, `${reason} ${status}`)
})

t.test('what is no status counts with the nearest class', async (t) => {
  for (const [status, name] of [[101, '2xx'], [0, '2xx'], [NaN, '2xx'], [600, '5xx'], [999, '5xx']] as const) t.equal(OUTCOME_CLASSES[outcomeOfStatus(status)], name, String(status))
})
