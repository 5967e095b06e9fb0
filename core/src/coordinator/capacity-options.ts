import { InvalidCoordinatorOption } from './errors.ts'

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

/** @throws InvalidCoordinatorOption with the figures */
export function resolveCapacityOptions ({ total, floor = 0, onLoss = 'abort', isolated = 'none', maxInstances = 0 }: CapacityOptions): Required<CapacityOptions> {
  for (const [name, value] of Object.entries({ total, floor, maxInstances })) {
    if (!Number.isSafeInteger(value) || value < 0) throw new InvalidCoordinatorOption(`capacity.${name}`, value, 'a whole number from 0 is needed')
  }
  if (floor > total) throw new InvalidCoordinatorOption('capacity.floor', floor, `it is above the total of ${total}`)
  if (isolated === 'floor' && (maxInstances < 1 || floor * maxInstances > total)) {
    throw new InvalidCoordinatorOption('capacity.isolated', isolated, `floor ${floor} x maxInstances ${maxInstances} = ${floor * maxInstances} permits are reserved for good, which must be between 1 and the total of ${total}`)
  }
  return { total, floor, onLoss, isolated, maxInstances }
}
