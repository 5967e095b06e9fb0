import { integer, number, optional, required } from '../option-checks.ts'
import { optionSpec } from '../option-spec.ts'
import { InvalidCoordinatorOption } from './errors.ts'
import type { QueueLimits } from './queue-driver.ts'
import { recipeOptions } from './recipe-options.ts'
import type { Asked } from './recipe-options.ts'

export interface QueueOptions extends Partial<QueueLimits> {
  /**
   * Keeps up to `max` pushed items in this process's memory while the backend is away, and pushes them when it is back;
   * they are lost with the process.
   * @default none: a push throws `Unavailable`
   */
  readonly buffer?: { readonly max: number }
}

export interface QueueSettings extends QueueLimits {
  readonly buffer: { readonly max: number } | undefined
}

/** @throws InvalidCoordinatorOption */
export const readQueueOptions: (given: QueueOptions) => Asked<QueueSettings> = recipeOptions('queue', {
  visibilityMs: number({ min: 1, default: 30_000 }),
  maxAttempts: integer({ min: 1, default: 5 }),
  maxLength: integer({ min: 1, default: 100_000 }),
  dedupeMs: number({ min: 1, default: 60_000 }),
  buffer: optional(optionSpec<{ readonly max: number }>(InvalidCoordinatorOption, { max: required(integer({ min: 1 })) }))
})
