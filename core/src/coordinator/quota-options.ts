import { integer, number, required } from '../option-checks.ts'
import { recipeOptions } from './recipe-options.ts'
import type { Asked } from './recipe-options.ts'

export interface QuotaOptions {
  /** Tokens that come in every `windowMs`, for all instances together. */
  readonly limit: number
  readonly windowMs: number
  /**
   * Tokens that may be taken at once after a rest.
   * @default limit
   */
  readonly burst?: number
  /**
   * Keys of which this instance keeps tokens; those that are refused, or owe, are never forgotten for new ones.
   * @default 10_000
   */
  readonly maxKeys?: number
}

export type QuotaSettings = Required<QuotaOptions>

const read = recipeOptions<QuotaOptions, Omit<QuotaSettings, 'burst'> & { readonly burst: number | undefined }>('quota', {
  limit: required(number({ min: 1 })),
  windowMs: required(number({ min: 1 })),
  burst: number({ min: 1 }),
  maxKeys: integer({ min: 1, default: 10_000 })
})

/** @throws InvalidCoordinatorOption */
export function readQuotaOptions (asked: QuotaOptions): Asked<QuotaSettings> {
  const { options, given } = read(asked)
  return { options: { ...options, burst: options.burst ?? options.limit }, given }
}
