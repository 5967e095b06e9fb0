import type { Frame } from '@plimsoll/core'
import type { AlertsOptions } from '../../src/options.ts'
import type { BuiltInRuleName } from '../../src/rules/built-in-rules.ts'

/** What a trace is known to contain. */
export interface Incident {
  /** The rule that has to fire. */
  readonly rule: BuiltInRuleName
  /** Rules that may fire as well, since the fault really does that too. */
  readonly also: readonly BuiltInRuleName[]
  /** Seconds from the trace's beginning. */
  readonly from: number
  readonly until: number
  /** Seconds after `from` within which the rule has to fire. */
  readonly within: number
}

export interface Trace {
  readonly name: string
  readonly kind: string
  readonly seconds: number
  /** `undefined`: nothing is wrong in it. */
  readonly incident: Incident | undefined
  /** Rules that may fire at any time: the load really does that. @default none */
  readonly may?: readonly BuiltInRuleName[]
  /** @default the built-in rules as they are */
  readonly rules?: AlertsOptions['rules']
  frames (): Iterable<Frame>
}
