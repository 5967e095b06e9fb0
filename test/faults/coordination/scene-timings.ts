import { longestLease, resolveTimings } from '@plimsoll/core'
import type { CoordinatorTimings } from '@plimsoll/core'

/** Short leases, so that many faults fall into a minute. */
export const TTL_MS = 600
export const VISIBILITY_MS = 500
export const PERMITS = 20

export const timings: CoordinatorTimings = resolveTimings({ ttlMs: TTL_MS })

/** How long a store that has lost its data may keep everybody out. */
export const QUARANTINE_MS: number = longestLease(timings)
