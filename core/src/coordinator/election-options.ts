import { oneOf } from '../option-checks.ts'
import type { Asked } from './recipe-options.ts'
import { recipeOptions } from './recipe-options.ts'

export interface ElectionOptions {
  /**
   * While the backend is away: `follow` leads nowhere; `lead` lets EVERY isolated instance lead, with a fence of scope
   * `local` that no shared store takes.
   * @default 'follow'
   */
  readonly whenIsolated?: 'follow' | 'lead'
}

export type ElectionSettings = Required<ElectionOptions>

/** @throws InvalidCoordinatorOption */
export const readElectionOptions: (given: ElectionOptions) => Asked<ElectionSettings> = recipeOptions('election', {
  whenIsolated: oneOf(['follow', 'lead'], { default: 'follow' })
})
