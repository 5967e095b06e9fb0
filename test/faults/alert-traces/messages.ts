import type { Frame } from '@plimsoll/core'
import type { Plan, Stream } from './plan.ts'

/** To the customers' process. */
export type CustomersMessage =
  | { readonly type: 'open', readonly name: string, readonly port: number, readonly seed: number, readonly streams: readonly Stream[] }
  | { readonly type: 'moved', readonly name: string, readonly port: number }
  | { readonly type: 'closed', readonly name: string }

/** What a shop's process is to do: all of its plan, or what comes before or after its replacement. */
export interface ShopTask {
  readonly plan: Plan
  readonly part: 'all' | 'before' | 'after'
  /** Where the recording goes. */
  readonly file: string
}

export type ToShop =
  | { readonly type: 'task', readonly task: ShopTask }
  /** To the one that is replaced: the other has its customers. */
  | { readonly type: 'close' }
  /** To the one that has replaced another: what that one recorded. */
  | { readonly type: 'before', readonly frames: readonly Frame[] }

export type FromShop =
  | { readonly type: 'open', readonly port: number }
  /** From now on, or no longer, it takes what processor it can get. */
  | { readonly type: 'burning', readonly on: boolean }
  /** All is recorded: what comes now is writing. */
  | { readonly type: 'recorded' }
  | { readonly type: 'frames', readonly frames: readonly Frame[] }
  | { readonly type: 'written', readonly frames: number, readonly bytes: number }
