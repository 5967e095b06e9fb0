import type { FaultSize } from '../../../examples/showcase/fault/faults.ts'
import type { Switches } from '../../../examples/showcase/payment/switches.ts'
import type { RecordingHead } from '../../../plugins/alerts/test/traces/recording.ts'
import type { Phase } from '../../../tools/load/arrivals.ts'
import type { MixName } from './mixes.ts'

/** Customers of one kind, who come by chance (Poisson) at these rates from the moment the shop is open. */
export interface Stream {
  readonly mix: MixName
  readonly phases: readonly Phase[]
}

/** What is done to a shop. */
export type Disturbance =
  | { readonly what: 'latency' | 'errors' | 'leak' | 'stall' | 'slow-route' | 'hot-loop', readonly size: FaultSize }
  | { readonly what: 'payments', readonly switches: Partial<Switches> }
  /** Each visit of a product borrows one of `connections` for 10 ms; for `ms` while it is disturbed. */
  | { readonly what: 'pool', readonly connections: number, readonly ms: number }
  /** Memory is kept up to this share of the heap's limit. */
  | { readonly what: 'memory', readonly share: number }
  /** The heap is collected every so often, and is so full that this takes `ms` or longer. */
  | { readonly what: 'collections', readonly ms: number, readonly everyMs: number }
  /** So many customers who each want the next answer as soon as they have one. */
  | { readonly what: 'rush', readonly customers: number }
  /** Nothing is done: customers stay away, as the streams say. */
  | { readonly what: 'absence' }

export interface Happening {
  /** Seconds from the shop's opening. */
  readonly from: number
  readonly until: number
  readonly disturbance: Disturbance
}

/** What has to become of it, written down before it is recorded. */
export type Expectation = Pick<RecordingHead, 'may' | 'rules'> & {
  /** The first happening is the fault: the rule has to fire within so many seconds. @default nothing is wrong */
  readonly fires?: { readonly rule: NonNullable<RecordingHead['incident']>['rule'], readonly within: number, readonly also: RecordingHead['may'] }
}

/** One trace to be recorded. Plain data, made from the seed alone. */
export interface Plan extends Expectation {
  /** Unique in its set: number and kind. */
  readonly name: string
  readonly kind: string
  /** Seed of the customers' chance. */
  readonly seed: number
  readonly seconds: number
  readonly streams: readonly Stream[]
  readonly happenings: readonly Happening[]
  /** Then another process takes over, and this one is closed. @default none does */
  readonly replacedAt?: number
  /** Of the shop's process. @default as Node chooses */
  readonly heapMb?: number
  /** Processors that it keeps busy on the average, about; what burns does not count. */
  readonly cpu: number
  /** It takes whatever processor it can get for a while: not to be paid for by the others. */
  readonly burns: boolean
}

export const MINUTE = 60
