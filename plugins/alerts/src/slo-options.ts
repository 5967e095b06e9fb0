import { number, optionSpec, text } from '@plimsoll/core'
import type { OptionCheck } from '@plimsoll/core'
import { ruleName } from './custom-rule-option.ts'
import { InvalidOptionError } from './errors.ts'
import { required } from './required-option.ts'

/** A promise to the users, whose error budget is watched. */
export interface SloOptions {
  /** a-z, 0-9 and -; unique: its rules are `slo-<name>-14.4x`, `-6x`, `-3x` and `-1x`. */
  readonly name: string
  /** Share of good requests, such as 0.999. */
  readonly objective: number
  /** A request is good if it took at most so many milliseconds. @default none: if this side did not fail it */
  readonly latencyMs?: number
  /** Only requests of this route, such as `POST /checkout`. @default all */
  readonly route?: string
}

export interface SloValues {
  readonly name: string
  readonly objective: number
  readonly latencyMs: number | undefined
  readonly route: string | undefined
}

export const sloOption: OptionCheck<SloValues> = optionSpec<SloOptions, SloValues>(InvalidOptionError, {
  name: ruleName,
  objective: required(number({ min: 0.5, max: 0.99999 }), 'give the share of good requests, from 0.5 to 0.99999, such as 0.999'),
  latencyMs: number({ min: 0.001, max: 86_400_000 }),
  route: text({ maxLength: 500 })
}).nested()
