import { OUTCOME_CLASSES } from '@plimsoll/core'
import type { OutcomeClass, SettleReason } from '@plimsoll/core'

/** Index of a class in `OUTCOME_CLASSES`: what hot paths count by. */
export type Outcome = number

const of = (name: OutcomeClass): Outcome => OUTCOME_CLASSES.indexOf(name)

export const ABORTED: Outcome = of('aborted')
export const RESET: Outcome = of('reset')
export const TIMEOUT: Outcome = of('timeout')
const REFUSED = of('refused')
const STREAM = of('stream')
const UPGRADED = of('upgraded')
const FIRST_STATUS = of('2xx')
const LAST_STATUS = of('5xx')

/** The class of a request by how it was settled; its status says something only where it was answered whole. */
export function outcomeOf (reason: SettleReason, status: number): Outcome {
  switch (reason) {
    case 'completed': return outcomeOfStatus(status)
    case 'refused': return REFUSED
    case 'client-abort': return ABORTED
    case 'reset': return RESET
    case 'timeout': return TIMEOUT
    case 'stream': return STREAM
    case 'upgraded': return UPGRADED
  }
}

/** Whatever a handler may have written: what is no status counts with the nearest class. */
export function outcomeOfStatus (status: number): Outcome {
  const outcome = Math.floor(status / 100) - 2 + FIRST_STATUS
  return outcome > FIRST_STATUS ? Math.min(outcome, LAST_STATUS) : FIRST_STATUS
}
