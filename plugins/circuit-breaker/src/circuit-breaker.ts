import type { BreakerSnapshot } from './breaker-snapshot.ts'
import { BreakerStats } from './breaker-stats.ts'
import { NO_CALL, type CallContext, type Handlers } from './call.ts'
import { CallRecord } from './call-record.ts'
import { CallRunner, isCountedOnly, isUnwatched, NO_OPTIONS, type ExecuteOptions } from './call-runner.ts'
import { BulkheadFullError, CircuitOpenError } from './errors.ts'
import { EventHub } from './event-hub.ts'
import type { BreakerEvents } from './events.ts'
import { checkedState, exportedState, type ExportedState } from './exported-state.ts'
import { Isolation } from './isolation.ts'
import { OpenWait } from './open-wait.ts'
import { changed, checkedName, DEFAULTS, settingsOf, type CircuitBreakerOptions, type CircuitBreakerSettings, type LiveOptions, type Outcome } from './options.ts'
import { outcomeOfError, outcomeOfResult } from './outcome.ts'
import { NOT_MEASURED, Permit } from './permit.ts'
import { leaseOf, ProbeLeases } from './probe-leases.ts'
import { Surroundings, usualSurroundings, type BreakerPorts } from './surroundings.ts'
import type { CircuitState, TransitionReason } from './transition.ts'

// Of all breakers, so that no permit is ever taken for one of another breaker or time.
let generations = 0

/**
 * Stops calling what is failing. Counts the outcomes of calls; opens when too many of them fail or are slow, and refuses
 * calls for a while; then lets a few probes through, and closes or opens again by what becomes of them. The state machine is
 * that of Nygard (Release It!) with resilience4j's thresholds and gobreaker's generations. Time passes when it is called.
 */
export class CircuitBreaker {
  readonly name: string
  readonly stats: BreakerStats = new BreakerStats()
  readonly #surroundings: Surroundings
  readonly #record: CallRecord
  readonly #wait: OpenWait
  #settings: CircuitBreakerSettings
  #state: CircuitState
  #generation = ++generations
  // All that execute() has to do for a call is to count how it ended.
  #plain: boolean
  // Closed, and no success needs more than that: nothing is measured, bounded or asked of a filter.
  #quick: boolean
  #probesSucceeded = 0
  // Counting only, with a threshold reached.
  #isSparing = false
  #openFor = 0
  #openUntil = 0
  #holds = 0
  // Made when first needed: most circuits never open, and nobody listens.
  #leases: ProbeLeases | undefined
  #handlers: Handlers | undefined
  #runner: CallRunner | undefined
  // Its own listeners, which pass on to those of the group; without any, those of the group.
  #audience: EventHub | undefined

  /**
   * @param name for people; 1 to 256 characters
   * @throws InvalidOptionError naming the option, its value and what would be right
   */
  constructor (name: string, options: CircuitBreakerOptions = DEFAULTS, ports: BreakerPorts | Surroundings = usualSurroundings) {
    this.name = checkedName(name)
    this.#settings = settingsOf(options)
    this.#plain = isCountedOnly(this.#settings)
    this.#surroundings = ports instanceof Surroundings ? ports : new Surroundings(ports)
    this.#audience = this.#surroundings.group?.hub
    this.#record = new CallRecord(this.#settings, this.#surroundings.time)
    this.#wait = new OpenWait(this.#surroundings.time.exact())
    this.#state = this.#passing
    this.#quick = this.#isQuick()
  }

  /** As of the last call: an open circuit leaves that state with the first call after its wait, never by itself. */
  get state (): CircuitState { return this.#state }

  get settings (): CircuitBreakerSettings { return this.#settings }

  /** Unique in this process; a new one begins with each change of state. */
  get generation (): number { return this.#generation }

  /** Calls that were let through and have not ended. */
  get inFlight (): number { return this.stats.inFlight }

  /**
   * Calls `fn`, unless it is refused, and counts how it ends: a rejection and a synchronous throw are failures.
   *
   * Rejects with what `fn` rejected with; with {@link CircuitOpenError} or BulkheadFullError where it was not called; with
   * CallTimeoutError at the timeout; with the reason of `options.signal` when that is aborted.
   */
  execute<T> (fn: (call: CallContext) => T | PromiseLike<T>, options?: ExecuteOptions<T>): Promise<Awaited<T>> {
    if (options !== undefined || !this.#plain) return this.#runs.run(fn, options ?? NO_OPTIONS)
    if (this.#quick && !this.#isHeard()) return this.#executePlainly(fn)
    this.#fire()
    if (this.#isClosed() && !this.#isFull()) return this.#executePlainly(fn)
    const permit = this.#acquire()
    return permit === undefined ? Promise.reject(this.refusal()) : this.#runs.runOnce(fn, permit)
  }

  /** Leave to make a call, which {@link succeed}, {@link fail} or {@link ignore} settles; `undefined`: {@link refusal} says why. */
  tryAcquire (): Permit | undefined {
    if (this.#quick && !this.#isHeard()) {
      this.stats.inFlight++
      return new Permit(this, this.#generation, NOT_MEASURED)
    }
    this.#fire()
    return this.#acquire()
  }

  /** @returns how it counted, by the `resultFilter` where there is one; `ignore` for a permit that was settled before */
  succeed (permit: Permit, result?: unknown): Outcome {
    if (!this.#take(permit)) return 'ignore'
    if (this.#quick && permit.generation === this.#generation && !this.#isHeard()) {
      this.#countSuccess()
      return 'success'
    }
    const outcome = this.#outcomeOfResult(result)
    this.#conclude(permit.generation, permit.startedAt, outcome, undefined, permit)
    return outcome
  }

  /** @returns how it counted, by the `errorFilter` where there is one; `ignore` for a permit that was settled before */
  fail (permit: Permit, error?: unknown): Outcome {
    if (!this.#take(permit)) return 'ignore'
    const outcome = this.#outcomeOfError(error)
    this.#conclude(permit.generation, permit.startedAt, outcome, error, permit)
    return outcome
  }

  /** A failure that no filter is asked of. */
  timedOut (permit: Permit, error?: unknown): Outcome {
    if (!this.#take(permit)) return 'ignore'
    this.stats.timeouts++
    if (this.#hears('timeout')) this.#tell('timeout', { breaker: this, error })
    this.#conclude(permit.generation, permit.startedAt, 'failure', error, permit)
    return 'failure'
  }

  /** Gives the permit back without a decision: the caller left, or never made the call. Harmless after any of the others. */
  ignore (permit: Permit): Outcome {
    if (this.#take(permit)) this.#conclude(permit.generation, permit.startedAt, 'ignore', undefined, permit)
    return 'ignore'
  }

  /** Why {@link tryAcquire} has just refused. */
  refusal (): CircuitOpenError | BulkheadFullError {
    return this.#isForFullness()
      ? new BulkheadFullError(this.name, this.#settings.maxConcurrentCalls)
      : new CircuitOpenError(this.name, this.#state, this.#waitFrom(this.#surroundings.time.now()))
  }

  /**
   * In how many ms a call may be let through: open, the rest of the wait; half-open with all probes out, when the next lease
   * ends at the latest; isolated, `waitDurationInOpenState`, since nobody knows; else 0.
   */
  retryAfterMs (): number {
    return this.#waitFrom(this.#surroundings.time.exact())
  }

  /** Holds it open until the hold is released; it closes when all are. */
  isolate (): Isolation {
    this.#holds++
    if (this.#holds === 1) this.#become('isolated', 'isolated')
    return new Isolation(() => {
      this.#holds--
      if (this.#holds === 0) this.#become(this.#passing, 'released')
    })
  }

  /** Closes it and forgets its window and its growth. An isolation stays. */
  reset (): void {
    this.#wait.level = 0
    if (this.#holds > 0) this.#record.clear()
    else this.#become(this.#passing, 'reset')
  }

  /** Opens it, for as long as a rate would have. Does nothing where it is open or isolated, or only counts. */
  trip (reason: TransitionReason = 'tripped'): void {
    if (this.#state === 'closed' || this.#state === 'half-open') this.#open(reason)
  }

  /** Whether to count only, and let everything through. */
  setMetricsOnly (on: boolean): void { this.configure({ metricsOnly: on }) }

  /** @throws InvalidOptionError, having changed nothing */
  configure (change: LiveOptions): void { this.use(changed(this.#settings, change)) }

  /** As {@link configure}, with settings that were checked. @internal */
  use (settings: CircuitBreakerSettings): void {
    this.#settings = settings
    this.#plain = isCountedOnly(settings)
    this.#quick = this.#isQuick()
    if (this.#holds > 0) return
    if ((this.#state === 'metrics-only') !== settings.metricsOnly) this.#become(this.#passing, 'metrics-only')
  }

  /** Returns the way out. At most 100 listeners a breaker. A listener that throws harms nobody. */
  on<E extends keyof BreakerEvents> (event: E, listener: (value: BreakerEvents[E]) => void): () => void {
    const groups = this.#surroundings.group?.hub
    if (this.#audience === undefined || this.#audience === groups) {
      this.#audience = new EventHub(error => { this.#surroundings.tellFault({ breaker: this.name, what: 'listener', error }) }, groups)
    }
    return this.#audience.on(event, listener)
  }

  snapshot (): BreakerSnapshot {
    const { calls, failureRate, slowRate } = this.#record.figures()
    const { refused } = this.stats
    return { name: this.name, state: this.#state, failureRate, slowRate, calls, refused, openForMs: this.#openFor, retryAfterMs: this.retryAfterMs(), inFlight: this.stats.inFlight }
  }

  /** What is worth keeping over a restart. */
  exportState (): ExportedState {
    return exportedState(this.#state, this.retryAfterMs(), this.#wait.level)
  }

  /** Goes on where another left off: an open circuit waits for the rest of its time. @throws InvalidStateError */
  importState (given: ExportedState): void {
    const { state, remainingMs, level } = checkedState(this.name, given)
    this.#wait.level = level
    if (this.#state === 'isolated' || this.#state === 'metrics-only') return
    if (state === 'open') this.#become('open', 'restored', remainingMs)
    else if (this.#state !== 'closed') this.#become('closed', 'restored')
  }

  get #passing (): 'closed' | 'metrics-only' { return this.#settings.metricsOnly ? 'metrics-only' : 'closed' }

  get #runs (): CallRunner { return (this.#runner ??= new CallRunner(this, this.#surroundings, () => this.#audience)) }

  #isClosed (): boolean { return this.#state === 'closed' || this.#state === 'metrics-only' }

  #isQuick (): boolean { return this.#state === 'closed' && isUnwatched(this.#settings) }

  #isHeard (): boolean { return this.#audience !== undefined && this.#audience.hearsCalls }

  #isFull (): boolean { return this.#settings.maxConcurrentCalls > 0 && this.stats.inFlight >= this.#settings.maxConcurrentCalls }

  #fire (): void { if (this.#hears('fire')) this.#tell('fire', { breaker: this }) }

  #acquire (): Permit | undefined {
    if ((!this.#isClosed() && !this.#mayProbe()) || this.#isFull()) return this.#refuse()
    const isProbe = this.#state === 'half-open'
    const isMeasured = isProbe || this.#settings.slowCallDurationThreshold > 0
    const permit = new Permit(this, this.#generation, isMeasured ? this.#surroundings.time.exact() : NOT_MEASURED)
    if (isProbe) (this.#leases ??= new ProbeLeases()).add(permit)
    this.stats.inFlight++
    return permit
  }

  /** The path of nearly all calls: nothing is made for one but the promise that its caller gets. */
  #executePlainly<T> (fn: (call: CallContext) => T | PromiseLike<T>): Promise<Awaited<T>> {
    const generation = this.#generation
    const handlers = this.#handlers ??= this.#makeHandlers(generation)
    this.stats.inFlight++
    let result: T | PromiseLike<T>
    try {
      result = fn(NO_CALL)
    } catch (error) {
      this.#conclude(generation, NOT_MEASURED, this.#outcomeOfError(error), error)
      return Promise.reject(error)
    }
    return Promise.resolve(result).then(handlers.succeeded, handlers.failed)
  }

  // For all calls of the generation, which they carry.
  #makeHandlers (generation: number): Handlers {
    return {
      succeeded: value => {
        if (this.#quick && generation === this.#generation && !this.#isHeard()) this.#countSuccess()
        else this.#conclude(generation, NOT_MEASURED, this.#outcomeOfResult(value), undefined)
        return value
      },
      failed: error => {
        this.#conclude(generation, NOT_MEASURED, this.#outcomeOfError(error), error)
        throw error
      }
    }
  }

  /** Reads the clock itself: one that lags must never be what keeps a circuit open. */
  #mayProbe (): boolean {
    if (this.#state === 'isolated') return false
    const now = this.#surroundings.time.exact()
    if (this.#state === 'open') {
      if (now < this.#openUntil) return false
      this.#become('half-open', 'wait-over')
    }
    // A listener may have changed it again, or made a call itself.
    return this.#isClosed() || (this.#state === 'half-open' && this.#untilNextProbe(now) === 0)
  }

  #waitFrom (now: number): number {
    if (this.#state === 'open') return Math.max(0, this.#openUntil - now)
    if (this.#state === 'half-open') return this.#untilNextProbe(now)
    return this.#state === 'isolated' ? this.#settings.waitDurationInOpenState : 0
  }

  #untilNextProbe (now: number): number { return this.#leases?.untilFree(this.#settings.permittedNumberOfCallsInHalfOpenState, now, leaseOf(this.#settings)) ?? 0 }

  #refuse (): undefined {
    const isForFullness = this.#isForFullness()
    if (isForFullness) this.stats.bulkheadRefused++
    else this.stats.refused++
    const event = isForFullness ? 'semaphoreLocked' : 'reject'
    if (this.#hears(event)) this.#tell(event, { breaker: this, error: this.refusal() })
  }

  /** Whether a call is refused because too many are out, and not by the circuit. */
  #isForFullness (): boolean { return this.#isFull() && this.#state !== 'open' && this.#state !== 'isolated' }

  /** Whether it is a permit of this breaker that was not settled before. */
  #take (permit: Permit): boolean {
    if (permit.owner !== this) return false
    permit.owner = undefined
    return true
  }

  #outcomeOfResult (result: unknown): Outcome { return outcomeOfResult(this.#settings, result, this.name, this.#surroundings) }

  #outcomeOfError (error: unknown): Outcome { return outcomeOfError(this.#settings, error, this.name, this.#surroundings) }

  #conclude (generation: number, startedAt: number, outcome: Outcome, error: unknown, permit?: Permit): void {
    this.stats.inFlight--
    if (generation !== this.#generation) {
      this.stats.stale++
      if (this.#hears('stale')) this.#tell('stale', { breaker: this })
      return
    }
    if (permit !== undefined) this.#leases?.giveBack(permit)
    if (outcome === 'ignore') {
      this.stats.ignored++
      if (this.#hears('ignored')) this.#tell('ignored', { breaker: this, error })
      return
    }
    const durationMs = startedAt === NOT_MEASURED ? undefined : this.#durationSince(startedAt)
    const isSlow = durationMs !== undefined && this.#settings.slowCallDurationThreshold > 0 && durationMs >= this.#settings.slowCallDurationThreshold
    const hasFailed = outcome === 'failure'
    if (isSlow) this.stats.slow++
    if (hasFailed) this.stats.failures++
    else this.stats.successes++
    if (this.#hears(hasFailed ? 'failure' : 'success')) {
      this.#tell(hasFailed ? 'failure' : 'success', { breaker: this, ...(hasFailed && { error }), ...(durationMs !== undefined && { durationMs }) })
      // A listener may have begun another generation.
      if (generation !== this.#generation) return
    }
    if (this.#state === 'half-open') this.#probed(hasFailed || isSlow)
    else this.#judge(hasFailed, isSlow)
  }

  // What #conclude comes to for nearly all calls.
  #countSuccess (): void {
    this.stats.inFlight--
    this.stats.successes++
    const reason = this.#record.add(false, false, this.#settings)
    if (reason !== undefined) this.#open(reason)
  }

  #durationSince (startedAt: number): number {
    const now = this.#surroundings.time.exact()
    return now - startedAt - this.#surroundings.time.standstill(startedAt, now)
  }

  #probed (failed: boolean): void {
    if (failed) this.#open('probe-failed')
    else if (++this.#probesSucceeded >= this.#settings.successThreshold) this.#become('closed', 'probes-succeeded')
  }

  #judge (failed: boolean, slow: boolean): void {
    const reason = this.#record.add(failed, slow, this.#settings)
    if (reason !== undefined && this.#state === 'closed') return this.#open(reason)
    if (reason !== undefined && !this.#isSparing) this.stats.spared++
    this.#isSparing = reason !== undefined
  }

  #open (reason: TransitionReason): void {
    const { time, clock } = this.#surroundings
    this.#become('open', reason, this.#wait.draw(this.#settings, time.exact(), this.#state === 'closed', clock.random))
  }

  #become (to: CircuitState, reason: TransitionReason, openFor: number = 0): void {
    const from = this.#state
    const figures = this.#record.figures()
    const now = this.#surroundings.time.exact()
    this.#state = to
    this.#quick = this.#isQuick()
    this.#generation = ++generations
    this.#handlers = undefined
    this.#leases?.clear()
    this.#probesSucceeded = 0
    this.#isSparing = false
    this.#openFor = openFor
    this.#openUntil = now + openFor
    if (to === 'open') this.stats.opened++
    if (this.#isClosed()) {
      this.#record.clear()
      this.#wait.closed(now)
    }
    this.#surroundings.group?.changed(this)
    this.#audience?.tellTransition({ breaker: this, from, to, reason, generation: this.#generation, openForMs: openFor, ...figures })
  }

  #hears (event: keyof BreakerEvents): boolean { return this.#audience !== undefined && this.#audience.hears(event) }

  #tell<E extends keyof BreakerEvents> (event: E, value: BreakerEvents[E]): void { this.#audience?.tell(event, value) }
}
