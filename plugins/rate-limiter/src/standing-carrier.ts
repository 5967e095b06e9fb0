import type { RawRequest } from '@plimsoll/core'
import type { Announced } from './header-fields.ts'

const STANDING = Symbol('plimsoll.rate-limiter.standing')

/** The request itself: between the check and the answer there may be a queue, hooks, and a handler that asks. */
interface StandingCarrier {
  readonly destroyed: boolean
  [STANDING]?: Announced
}

export function stand (req: RawRequest, standing: Announced): void {
  const carrier: StandingCarrier = req
  carrier[STANDING] = standing
}

export function standingOf (req: RawRequest): Announced | undefined {
  const carrier: StandingCarrier = req
  return carrier[STANDING]
}
