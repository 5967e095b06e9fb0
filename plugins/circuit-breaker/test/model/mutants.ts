/** A fault put into the shipped source: where it stands, what it says there, and what it says instead. */
export interface Mutant {
  readonly name: string
  /** In `src/`. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** The model check must find each of them. */
export const mutants: readonly Mutant[] = [
  // Generations and permits.
  { name: 'results of an earlier generation count', file: 'circuit-breaker.ts', find: 'if (generation !== this.#generation) {\n      this.stats.stale++', replace: 'if (generation > this.#generation) {\n      this.stats.stale++' },
  { name: 'a generation does not change when it closes', file: 'circuit-breaker.ts', find: 'this.#generation = ++generations\n    this.#handlers', replace: 'this.#generation = to === \'closed\' ? this.#generation : ++generations\n    this.#handlers' },
  { name: 'the handlers of execute() outlive their generation', file: 'circuit-breaker.ts', find: '    this.#handlers = undefined\n', replace: '' },
  { name: 'a permit is settled twice', file: 'circuit-breaker.ts', find: '    permit.owner = undefined\n', replace: '' },
  { name: 'permits of other breakers are taken', file: 'circuit-breaker.ts', find: 'if (permit.owner !== this) return false', replace: 'if (permit.owner === undefined) return false' },
  { name: 'a stale call is out for ever', file: 'circuit-breaker.ts', find: '    this.stats.inFlight--\n    if (generation !== this.#generation) {', replace: '    if (generation === this.#generation) this.stats.inFlight--\n    if (generation !== this.#generation) {' },
  // Opening.
  { name: 'a threshold must be passed, not reached', file: 'call-record.ts', find: 'failures / calls >= settings.failureRateThreshold', replace: 'failures / calls > settings.failureRateThreshold' },
  { name: 'the minimum of calls is one too high', file: 'call-record.ts', find: 'if (calls < settings.minimumNumberOfCalls)', replace: 'if (calls <= settings.minimumNumberOfCalls)' },
  { name: 'slow calls do not open it', file: 'call-record.ts', find: 'return slow / calls >= settings.slowCallRateThreshold ?', replace: 'return slow / calls > settings.slowCallRateThreshold + 1 ?' },
  { name: 'a call must take longer than the threshold to be slow', file: 'circuit-breaker.ts', find: 'durationMs >= this.#settings.slowCallDurationThreshold', replace: 'durationMs > this.#settings.slowCallDurationThreshold' },
  { name: 'a blocked loop makes calls slow', file: 'circuit-breaker.ts', find: ' - this.#surroundings.time.standstill(startedAt, now)', replace: '' },
  { name: 'a success does not end a row of failures', file: 'call-record.ts', find: 'failed ? this.#failuresInARow + 1 : 0', replace: 'failed ? this.#failuresInARow + 1 : this.#failuresInARow' },
  { name: 'it opens on calls that are too old', file: 'call-record.ts', find: '    window.refresh()\n    return this.#reached(settings)', replace: '    return this.#reached(settings)' },
  { name: 'counting only, it opens', file: 'circuit-breaker.ts', find: 'if (reason !== undefined && this.#state === \'closed\') return', replace: 'if (reason !== undefined) return' },
  { name: 'what it would have opened for is counted with each call', file: 'circuit-breaker.ts', find: 'if (reason !== undefined && !this.#isSparing)', replace: 'if (reason !== undefined)' },
  // The windows.
  { name: 'a part too many counts in the time window', file: 'time-window.ts', find: 'const BUCKETS = 10', replace: 'const BUCKETS = 11' },
  { name: 'after an idle time one part of the window is dropped', file: 'time-window.ts', find: 'for (let left = Math.min(passed, BUCKETS) - 1;', replace: 'for (let left = Math.min(passed, 1) - 1;' },
  { name: 'failures are never taken out of the time window', file: 'time-window.ts', find: 'this.#pastFailures += failures - ring[at + FAILURES]!', replace: 'this.#pastFailures += failures' },
  { name: 'the count window forgets the wrong call', file: 'count-window.ts', find: 'else this.#forget(outcomes[this.#at]!)', replace: 'else this.#forget(outcomes[0]!)' },
  { name: 'the window is not empty after it has closed', file: 'circuit-breaker.ts', find: '      this.#record.clear()\n', replace: '' },
  // Open.
  { name: 'an open circuit asks the clock that lags', file: 'circuit-breaker.ts', find: '    const now = this.#surroundings.time.exact()\n    if (this.#state === \'open\') {', replace: '    const now = this.#surroundings.time.now()\n    if (this.#state === \'open\') {' },
  { name: 'the wait ends a moment too late', file: 'circuit-breaker.ts', find: 'if (now < this.#openUntil) return false', replace: 'if (now <= this.#openUntil) return false' },
  { name: 'the wait does not grow', file: 'open-wait.ts', find: 'if (wait < longest) this.level++', replace: 'if (wait < 0) this.level++' },
  { name: 'the wait grows without end', file: 'open-wait.ts', find: 'Math.min(longest, first * exponentialBackoffMultiplier ** this.level)', replace: 'first * exponentialBackoffMultiplier ** this.level' },
  { name: 'the growth is never taken back', file: 'open-wait.ts', find: 'if (wasClosed) this.level =', replace: 'if (wasClosed && now < 0) this.level =' },
  { name: 'a probe that fails takes growth back', file: 'open-wait.ts', find: 'if (wasClosed) this.level =', replace: 'this.level =' },
  { name: 'an imported circuit waits all over', file: 'circuit-breaker.ts', find: 'if (state === \'open\') this.#become(\'open\', \'restored\', remainingMs)', replace: 'if (state === \'open\') this.#become(\'open\', \'restored\', Math.max(remainingMs, this.#settings.waitDurationInOpenState))' },
  { name: 'a success is counted quickly in any generation', file: 'circuit-breaker.ts', find: 'if (this.#quick && permit.generation === this.#generation && !this', replace: 'if (this.#quick && !this' },
  { name: 'execute() counts a success quickly in any generation', file: 'circuit-breaker.ts', find: 'if (this.#quick && generation === this.#generation && !this', replace: 'if (this.#quick && !this' },
  { name: 'what is quick is not seen anew when the options change', file: 'circuit-breaker.ts', find: '    this.#plain = isCountedOnly(settings)\n    this.#quick = this.#isQuick()\n', replace: '    this.#plain = isCountedOnly(settings)\n' },
  // Half-open.
  { name: 'a probe more than allowed', file: 'probe-leases.ts', find: 'this.#out.length < places', replace: 'this.#out.length <= places' },
  { name: 'a probe that hangs keeps its place', file: 'probe-leases.ts', find: 'this.#endOfFirst(leaseMs) <= now) this.#out.shift()', replace: 'this.#endOfFirst(leaseMs) < 0) this.#out.shift()' },
  { name: 'an ignored probe keeps its place', file: 'circuit-breaker.ts', find: '    if (permit !== undefined) this.#leases?.giveBack(permit)\n', replace: '    if (permit !== undefined && outcome !== \'ignore\') this.#leases?.giveBack(permit)\n' },
  { name: 'an ignored probe counts as a success', file: 'circuit-breaker.ts', find: '      this.stats.ignored++\n', replace: '      this.stats.ignored++\n      if (this.#state === \'half-open\') this.#probed(false)\n' },
  { name: 'one success is enough', file: 'circuit-breaker.ts', find: '++this.#probesSucceeded >= this.#settings.successThreshold', replace: '++this.#probesSucceeded >= 1' },
  { name: 'successes of earlier probes are kept', file: 'circuit-breaker.ts', find: '    this.#probesSucceeded = 0\n    this.#isSparing', replace: '    this.#isSparing' },
  { name: 'a failed probe is waited for by the others', file: 'circuit-breaker.ts', find: 'if (failed) this.#open(\'probe-failed\')', replace: 'if (failed && this.stats.inFlight === 0) this.#open(\'probe-failed\')' },
  { name: 'a slow probe is good enough', file: 'circuit-breaker.ts', find: 'this.#probed(hasFailed || isSlow)', replace: 'this.#probed(hasFailed)' },
  { name: 'the lease ends before the timeout has decided', file: 'probe-leases.ts', find: 'timeout > 0 ? 2 * timeout : waitDurationInOpenState', replace: 'timeout > 0 ? timeout / 2 : waitDurationInOpenState' },
  // Operators.
  { name: 'the first release ends all isolation', file: 'circuit-breaker.ts', find: '      this.#holds--\n      if (this.#holds === 0)', replace: '      this.#holds--\n      if (this.#holds >= 0)' },
  { name: 'a hold is released twice', file: 'isolation.ts', find: '    this.#release = undefined\n', replace: '' },
  { name: 'a reset ends an isolation', file: 'circuit-breaker.ts', find: 'if (this.#holds > 0) this.#record.clear()', replace: 'if (this.#holds > 99) this.#record.clear()' },
  // execute().
  { name: 'the caller who leaves is counted as a failure', file: 'call.ts', find: 'this.outcome = this.#breaker.ignore(this.#permit)', replace: 'this.outcome = this.#breaker.fail(this.#permit)' },
  { name: 'a call that timed out keeps its permit', file: 'call.ts', find: 'this.outcome = this.#breaker.timedOut(this.#permit, error)', replace: 'this.outcome = \'failure\'' },
  { name: 'deadlines are put off for ever', file: 'deadlines.ts', find: 'this.#graceGiven = !this.#graceGiven && now - this.#timerDue > LATE_MS', replace: 'this.#graceGiven = now - this.#timerDue > -1' },
  { name: 'a throwing filter harms the call', file: 'outcome.ts', find: '    surroundings.tellFault({ breaker, what: \'errorFilter\', error: thrown })\n    return \'failure\'', replace: '    return \'success\'' },
  { name: 'the bulkhead holds one too few', file: 'circuit-breaker.ts', find: 'this.stats.inFlight >= this.#settings.maxConcurrentCalls', replace: 'this.stats.inFlight >= this.#settings.maxConcurrentCalls - 1' }
]
