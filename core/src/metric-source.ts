import { boundedText } from './bounded-json.ts'
import { RegistrationError } from './operator-errors.ts'

/** A metric whose numbers live with their owner, in typed arrays that the hot path bumps; read when somebody scrapes. */
export interface MetricSource {
  /**
   * In base units (seconds, bytes, ratio); a counter ends in `_total`. Plimsoll's own packages, and nobody else, say
   * `plimsoll_<package>_<what>_<unit>`.
   */
  readonly name: string
  /** A sentence. */
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** At most 10. Values must be few: routes, classes and reasons, never paths, clients or ids. */
  readonly labels?: readonly string[]
  /** Of a histogram: upper bounds of its buckets, ascending, without the infinite one; at most 200. */
  readonly bounds?: readonly number[]
  /**
   * Reports every series, synchronously. One that throws is left out of that scrape, from there on. With thousands of series,
   * report them in steps of an iterable (a generator): between two of them the loop may have a turn.
   */
  collect (report: MetricReport): void | Iterable<unknown>
}

export interface MetricReport {
  /** One series of a counter or gauge. Label values in the order of `labels`, at most 200 characters each. */
  value (value: number, ...labelValues: readonly string[]): void
  /**
   * One series of a histogram: `counts` holds observations per bucket (not cumulated), one more than there are bounds,
   * the last for everything above. Copied at once.
   */
  distribution (counts: ArrayLike<number>, sum: number, ...labelValues: readonly string[]): void
}

const MAX_NAME_LENGTH = 150
const NAME = /^[a-z][a-z0-9_]*$/
const OWN_NAME = /^plimsoll_[a-z0-9]+(?:_[a-z0-9]+){2,}$/
const LABEL = /^[a-z][a-z0-9_]{0,63}$/
const RESERVED_LABELS: ReadonlySet<string> = new Set(['le', 'quantile', 'constructor', 'prototype'])
const RESERVED_ENDINGS = /_(?:bucket|count|sum|info|gauge|counter|histogram)$/
// What promtool's linter refuses: Prometheus has one unit a quantity.
const WRONG_UNITS = /_(?:ms|us|ns|sec|milliseconds|microseconds|nanoseconds|minutes|hours|days|kb|mb|gb|kilobytes|megabytes|gigabytes|percent)(?:_|$)|_[smhdb](?:_total)?$/

/** @throws PLM_CORE_REGISTRATION_INVALID naming the metric and what would be right */
export function checkMetric ({ name, help, type, labels = [], bounds = [] }: MetricSource): void {
  const faults: ReadonlyArray<readonly [wrong: boolean, fault: string]> = [
    [!NAME.test(name) || name.length > MAX_NAME_LENGTH, `needs a name of a-z, 0-9 and _, beginning with a letter, at most ${MAX_NAME_LENGTH} characters, such as mail_queue_sent_mails_total`],
    [name.startsWith('plimsoll_') && !OWN_NAME.test(name), 'is not plimsoll_<package>_<what>_<unit>, such as plimsoll_mail_queue_sent_mails_total'],
    [WRONG_UNITS.test(name), 'is not in base units: seconds, bytes, ratio, such as mail_queue_wait_seconds'],
    [RESERVED_ENDINGS.test(name), 'ends in a word that Prometheus keeps for itself: bucket, count, sum, info, or a type'],
    [(type === 'counter') !== name.endsWith('_total'), 'must end in _total if it is a counter, and only then, such as mail_queue_sent_mails_total'],
    [help.trim() === '' || help.length > 500, 'needs a help text of at most 500 characters'],
    [labels.length > 10 || new Set(labels).size !== labels.length, 'has more than 10 labels, or one of them twice'],
    [labels.some((label) => !LABEL.test(label) || RESERVED_LABELS.has(label)), `has a label that is not a-z, 0-9 and _, or is reserved: ${boundedText(labels.join(), 200)}`],
    [(type === 'histogram') !== (bounds.length > 0), 'needs bounds if it is a histogram, and only then'],
    [bounds.length > 200 || !bounds.every((bound, i) => Number.isFinite(bound) && bound > (bounds[i - 1] ?? -Infinity)), 'needs at most 200 finite bounds, ascending']
  ]
  const found = faults.find(([wrong]) => wrong)
  if (found !== undefined) throw new RegistrationError(`metric ${boundedText(name, 160)} ${found[1]}`)
}
