import type { Frame } from '@plimsoll/core'

export type Severity = 'info' | 'warning' | 'critical'

/** Tell the alerts of one rule apart, such as `{ breaker: 'payments' }`; at most 10, of 200 characters each. */
export type Labels = Readonly<Record<string, string>>

/** What a rule finds of one thing that it watches. */
export interface Finding {
  /** Whether the condition holds at this moment. */
  readonly active: boolean
  /** @default {} */
  readonly labels?: Labels
  /** The figure that the condition is about. */
  readonly value?: number
  /** The figure above or below which it holds. */
  readonly threshold?: number
  /** A sentence with its figures, for the person on call; at most 500 characters are kept. */
  readonly summary?: string
}

/**
 * - a finding, or one for each thing that is watched, with labels that tell them apart; what was found active before and
 *   is left out now is over;
 * - `true` or `false`: the same without a figure;
 * - `undefined`: there is no data to tell by. That is not "all is well": what fires goes on firing.
 */
export type Findings = Finding | readonly Finding[] | boolean | undefined

/** A rule: a function of each second's frame, and how its result becomes an alert. */
export interface AlertRule {
  /** a-z, 0-9 and -; unique. */
  readonly name: string
  /** Called once a second. It may remember; it is asked of one process only. One that throws counts as without data. */
  evaluate (frame: Frame): Findings
  /** @default 'warning' */
  readonly severity?: Severity
  /** Milliseconds for which the condition has to hold before the alert fires. @default 0 */
  readonly forMs?: number
  /** Milliseconds for which the alert goes on firing after the condition has ended, so that it does not flap. @default 60000 */
  readonly keepFiringForMs?: number
  /** Milliseconds after a notification in which the same alert, having resolved and come back, is not notified anew. @default 60000 */
  readonly coolDownMs?: number
  /** Milliseconds without data after which what fires is given up; 0 never. @default 900000 */
  readonly staleAfterMs?: number
  /** What to do at three in the morning: a paragraph, or where it stands. */
  readonly runbook?: string
}

/** A rule with every default filled in. */
export type ResolvedRule = Required<AlertRule>

/** Milliseconds without data after which what fires is given up, unless the rule says otherwise. */
export const STALE_AFTER_MS = 900_000
