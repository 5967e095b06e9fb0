import type { FaultName } from '../../../examples/showcase/fault/faults.ts'

/** To a process of the shop. */
export interface FaultSwitch {
  readonly fault: FaultName
  readonly on: boolean
}

/** From it, once it listens. */
export interface Listening {
  readonly port: number
}

/** To the customers' thread. */
export interface Demand {
  /** Requests a second of one client that knows no limit; 0 is none. */
  readonly abuse: number
}
