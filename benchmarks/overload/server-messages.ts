import type { Variant } from './variants.ts'
import type { WorkName } from './work.ts'

export interface ServerConfig {
  readonly variant: Variant
  readonly work: WorkName
  readonly roundsPerMs: number
  /** Count garbage collections, which costs a little. */
  readonly countCollections?: true
}

export interface Usage {
  /** CPU of the whole process since its start, in ms. */
  readonly cpuMs: number
  readonly heapUsedBytes: number
  /** Garbage collections so far, where they are counted. */
  readonly collections: number
  /** Heap in use and external memory after a full collection, in bytes; only when it was asked for. */
  readonly liveBytes?: number
  /** Requests standing in the /hold route. */
  readonly held: number
}

/** What the harness asks of the server … */
export type ToServer =
  | { readonly type: 'usage' }
  | { readonly type: 'memory' }
  /** Block the event loop, as a long synchronous piece of work does. */
  | { readonly type: 'block', readonly ms: number }
  /** Answer the requests that stand in /hold. */
  | { readonly type: 'release' }

/** … and what it answers. */
export type FromServer =
  | { readonly type: 'listening', readonly port: number }
  | { readonly type: 'usage', readonly usage: Usage }
