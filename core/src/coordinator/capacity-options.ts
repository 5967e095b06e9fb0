import { integer, oneOf, required } from '../option-checks.ts'
import { recipeOptions } from './recipe-options.ts'
import type { Asked } from './recipe-options.ts'

export interface CapacityOptions {
  /** Permits of all instances together. Where instances differ, as in a rolling deploy, the lowest rules. */
  readonly total: number
  /**
   * Permits this instance keeps even while it wants fewer.
   * @default 0
   */
  readonly floor?: number
  /**
   * What becomes of work that is running when the lease is lost: `abort` ends it by the share's signal, and it must be
   * over within the grace; `overcommit` lets it run on beside whoever is granted the permits next. Only `abort` keeps the
   * total.
   * @default 'abort'
   */
  readonly onLoss?: 'abort' | 'overcommit'
  /**
   * Permits while the backend is away: `none`; `floor`, which is kept free for every one of `maxInstances` at all times;
   * `local`, the whole total in EVERY instance, which over-commits.
   * @default 'none'
   */
  readonly isolated?: 'none' | 'floor' | 'local'
  /** How many instances there will be at most; needed for `isolated: 'floor'`. */
  readonly maxInstances?: number
}

export type CapacitySettings = Required<CapacityOptions>

/** @throws InvalidCoordinatorOption with the figures */
export const readCapacityOptions: (given: CapacityOptions) => Asked<CapacitySettings> = recipeOptions('capacity', {
  total: required(integer({ min: 0 })),
  floor: integer({ min: 0, default: 0 }),
  onLoss: oneOf(['abort', 'overcommit'], { default: 'abort' }),
  isolated: oneOf(['none', 'floor', 'local'], { default: 'none' }),
  maxInstances: integer({ min: 0, default: 0 })
}, ({ total, floor, isolated, maxInstances }) => {
  if (floor > total) return { option: 'floor', right: `it is above the total of ${total}` }
  const reserved = floor * maxInstances
  if (isolated !== 'floor' || (maxInstances > 0 && reserved <= total)) return undefined
  return { option: 'isolated', right: `floor ${floor} x maxInstances ${maxInstances} = ${reserved} permits are reserved for good, which must be between 1 and the total of ${total}` }
})
