import type { CoordinatorTimings } from '@plimsoll/core'

export type DriverConfig =
  | { readonly kind: 'redis', readonly port: number }
  | { readonly kind: 'sentinel', readonly port: number }
  | { readonly kind: 'redis-cluster', readonly ports: readonly number[] }

/** How a worker goes about its work. All but the first of each are wrong, on purpose: positive controls. */
export interface Conduct {
  readonly leads: 'by-is-held' | 'by-a-flag'
  readonly writes: 'fenced' | 'unfenced'
  readonly acknowledges: 'with-receipt' | 'without-receipt'
  readonly permits: 'shared-capacity' | 'client-clocks'
}

export const RIGHT_CONDUCT: Conduct = { leads: 'by-is-held', writes: 'fenced', acknowledges: 'with-receipt', permits: 'shared-capacity' }

export type Task = 'lead' | 'items' | 'permits'

export interface WorkerConfig {
  readonly id: string
  readonly driver: DriverConfig
  readonly timings: Partial<CoordinatorTimings>
  readonly logFile: string
  readonly seed: number
  readonly tasks: readonly Task[]
  readonly conduct: Conduct
  /** Milliseconds by which libfaketime has set this process's monotonic clock ahead. */
  readonly monotonicAheadMs: number
  /** For the control that decides by its own clock: what its clock is wrong by. */
  readonly wallAheadMs: number
  readonly visibilityMs: number
  /** What the work on every second claim takes; the others are done at once. */
  readonly workMs: { readonly least: number, readonly most: number }
  readonly permits: number
  /** Fenced writes sent together. */
  readonly writeBatch: number
  readonly claimLimit: number
}

export type ToWorker =
  /** Pushes items `first` … in batches. */
  | { readonly order: 'produce', readonly first: number, readonly count: number }
  /** This many more fenced writes, by whoever leads. */
  | { readonly order: 'write', readonly count: number }
  /** Keeps the event loop busy. */
  | { readonly order: 'block', readonly ms: number }
  /** Claims, and does not acknowledge. */
  | { readonly order: 'hold-items' }
  /** Gives its leadership up, and stands back for a moment. */
  | { readonly order: 'resign' }

export type FromWorker =
  | { readonly tell: 'mode', readonly mode: string }
  | { readonly tell: 'leads', readonly epoch: number }
  | { readonly tell: 'leads-no-more' }
  | { readonly tell: 'holds-items', readonly count: number }
  | { readonly tell: 'wrote', readonly total: number }
