/** Counters of a circuit since it was made; all but `inFlight` only grow. */
export class BreakerStats {
  /** Calls that were let through and have not ended. */
  inFlight = 0
  successes = 0
  failures = 0
  /** Of the failures, those by timeout. */
  timeouts = 0
  /** Of successes and failures, those that took `slowCallDurationThreshold` or longer. */
  slow = 0
  /** Given back without a decision. */
  ignored = 0
  /** Results of an earlier generation, dropped. */
  stale = 0
  /** Refused by the circuit. */
  refused = 0
  /** Refused because `maxConcurrentCalls` were out. */
  bulkheadRefused = 0
  opened = 0
  /** Times that it would have opened, had it not been told to count only. */
  spared = 0
  retries = 0
  /** Retries that the budget did not allow. */
  retriesDenied = 0
  fallbacks = 0

  /** Calls asked for, let through or not. */
  get fires (): number { return this.inFlight + this.successes + this.failures + this.ignored + this.stale + this.refused + this.bulkheadRefused }
}
