import type { CoordinatorMode } from '@plimsoll/core'

/** What an instance tells of itself, four times a second. */
export interface Status {
  readonly mode: CoordinatorMode
  /** Epoch of its leadership; left out while another leads. */
  readonly epoch?: string
  /** Permits of the payment gateway: granted to this instance, in use, and what it could use. */
  readonly granted: number
  readonly inUse: number
  readonly wants: number
}

/** The first message of an instance's process, once it listens. */
export interface Listening {
  readonly port: number
}

/** Permits that the payment gateway allows all instances together. */
export const GATEWAY_PERMITS = 12
