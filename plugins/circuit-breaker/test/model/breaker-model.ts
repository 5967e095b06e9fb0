/**
 * What a circuit breaker must do, written down as simply as possible: every call of the window is kept, and everything is
 * counted anew each time. It imports nothing from src.
 */
export interface ModelSettings {
  failureRateThreshold: number
  slowCallRateThreshold: number
  slowCallDurationThreshold: number
  readonly slidingWindowType: 'time' | 'count'
  readonly slidingWindowSize: number
  minimumNumberOfCalls: number
  consecutiveFailures: number
  waitDurationInOpenState: number
  readonly exponentialBackoffMultiplier: number
  readonly exponentialMaxWaitDurationInOpenState: number
  readonly randomizedWaitFactor: number
  readonly backoffDecay: number
  permittedNumberOfCallsInHalfOpenState: number
  successThreshold: number
  readonly probeLease: number
  timeout: number
  maxConcurrentCalls: number
  metricsOnly: boolean
}

export type ModelState = 'closed' | 'open' | 'half-open' | 'isolated' | 'metrics-only'

/** What the model is told of time: `stoodStill` says how long the loop did between two moments. */
export interface ModelWorld {
  readonly now: number
  readonly random: number
  stoodStill (from: number, to: number): number
}

export interface ModelCall {
  readonly period: number
  readonly startedAt: number
  readonly measured: boolean
  over: boolean
}

interface Ended { readonly at: number, readonly failed: boolean, readonly slow: boolean }

const newCounts = (): Record<'fires' | 'successes' | 'failures' | 'timeouts' | 'slow' | 'ignored' | 'stale' | 'refused' | 'bulkheadRefused' | 'opened' | 'spared', number> =>
  ({ fires: 0, successes: 0, failures: 0, timeouts: 0, slow: 0, ignored: 0, stale: 0, refused: 0, bulkheadRefused: 0, opened: 0, spared: 0 })

export class BreakerModel {
  readonly counts: ReturnType<typeof newCounts> = newCounts()
  /** Every change of state with its reason, in order. */
  readonly transitions: string[] = []
  state: ModelState
  settings: ModelSettings
  inFlight = 0
  openFor = 0
  level = 0
  readonly #world: ModelWorld
  #period = 0
  #ended: Ended[] = []
  #windowBegan: number
  #seen: number
  #row = 0
  #good = 0
  #probes: ModelCall[] = []
  #openedAt = 0
  #closedAt: number
  #holds = 0
  #beyond = false

  constructor (settings: ModelSettings, world: ModelWorld) {
    this.settings = settings
    this.#world = world
    this.#windowBegan = this.#seen = this.#closedAt = world.now
    this.state = this.#passing()
  }

  acquire (): ModelCall | undefined {
    const { now } = this.#world
    this.counts.fires++
    if (this.state === 'open' && now - this.#openedAt >= this.openFor) this.#change('half-open', 'wait-over')
    const full = this.settings.maxConcurrentCalls > 0 && this.inFlight >= this.settings.maxConcurrentCalls
    const blocked = this.state === 'open' || this.state === 'isolated' || (this.state === 'half-open' && !this.#placeFree())
    if (this.state !== 'open' && this.state !== 'isolated' && full) {
      this.counts.bulkheadRefused++
      return undefined
    }
    if (blocked) {
      this.counts.refused++
      return undefined
    }
    const measured = this.state === 'half-open' || this.settings.slowCallDurationThreshold > 0
    const call: ModelCall = { period: this.#period, startedAt: now, measured, over: false }
    if (this.state === 'half-open') this.#probes.push(call)
    this.inFlight++
    return call
  }

  /** @param dated the time that the call is dated, where nobody had to read the clock for it */
  settle (call: ModelCall, outcome: 'success' | 'failure' | 'ignore' | 'timeout', dated: number): void {
    if (call.over) return
    call.over = true
    this.inFlight--
    if (outcome === 'timeout') this.counts.timeouts++
    if (call.period !== this.#period) {
      this.counts.stale++
      return
    }
    this.#probes = this.#probes.filter(probe => probe !== call)
    if (outcome === 'ignore') {
      this.counts.ignored++
      return
    }
    const { now } = this.#world
    const failed = outcome !== 'success'
    const took = now - call.startedAt - this.#world.stoodStill(call.startedAt, now)
    const limit = this.settings.slowCallDurationThreshold
    const slow = call.measured && limit > 0 && took >= limit
    if (slow) this.counts.slow++
    if (failed) this.counts.failures++
    else this.counts.successes++
    if (this.state === 'half-open') {
      if (failed || slow) this.#open('probe-failed')
      else if (++this.#good >= this.settings.successThreshold) this.#change('closed', 'probes-succeeded')
      return
    }
    this.#row = failed ? this.#row + 1 : 0
    const at = call.measured ? now : dated
    this.#ended.push({ at, failed, slow })
    if (this.settings.slidingWindowType === 'count') this.#ended = this.#ended.slice(-this.settings.slidingWindowSize)
    this.#seen = Math.max(this.#seen, at)
    let reason = this.#tooBad()
    if (reason !== undefined) {
      this.#seen = now
      reason = this.#tooBad()
    }
    if (reason !== undefined && this.state === 'closed') {
      this.#open(reason)
      return
    }
    if (reason !== undefined && !this.#beyond) this.counts.spared++
    this.#beyond = reason !== undefined
  }

  isolate (): void {
    if (++this.#holds === 1) this.#change('isolated', 'isolated')
  }

  release (): void {
    if (--this.#holds === 0) this.#change(this.#passing(), 'released')
  }

  reset (): void {
    this.level = 0
    if (this.#holds > 0) this.#forget()
    else this.#change(this.#passing(), 'reset')
  }

  trip (): void {
    if (this.state === 'closed' || this.state === 'half-open') this.#open('tripped')
  }

  configure (change: Partial<ModelSettings>): void {
    this.settings = { ...this.settings, ...change }
    if (this.#holds === 0 && (this.state === 'metrics-only') !== this.settings.metricsOnly) this.#change(this.#passing(), 'metrics-only')
  }

  /** Of another circuit, that goes on here. */
  restore (state: 'open' | 'closed', remaining: number, level: number): void {
    this.level = level
    if (this.state === 'isolated' || this.state === 'metrics-only') return
    if (state === 'open') this.#change('open', 'restored', remaining)
    else if (this.state !== 'closed') this.#change('closed', 'restored')
  }

  retryAfter (): number {
    const { now } = this.#world
    if (this.state === 'open') return Math.max(0, this.#openedAt + this.openFor - now)
    if (this.state === 'isolated') return this.settings.waitDurationInOpenState
    if (this.state !== 'half-open' || this.#placeFree()) return 0
    return Math.min(...this.#probes.map(probe => probe.startedAt)) + this.#lease() - now
  }

  rates (): { readonly calls: number, readonly failureRate: number, readonly slowRate: number } {
    this.#seen = this.#world.now
    const { length } = this.#inWindow()
    const share = (which: (call: Ended) => boolean): number => length === 0 ? 0 : this.#inWindow().filter(which).length / length
    return { calls: length, failureRate: share(call => call.failed), slowRate: share(call => call.slow) }
  }

  #passing (): ModelState { return this.settings.metricsOnly ? 'metrics-only' : 'closed' }

  #inWindow (): Ended[] {
    if (this.settings.slidingWindowType === 'count') return this.#ended
    // Ten equal parts of the window's length: the newest is under way, and nine before it count.
    const part = (at: number): number => Math.floor((at - this.#windowBegan) / (this.settings.slidingWindowSize / 10))
    this.#ended = this.#ended.filter(call => part(call.at) > part(this.#seen) - 10)
    return this.#ended
  }

  #tooBad (): string | undefined {
    const { consecutiveFailures, minimumNumberOfCalls, failureRateThreshold, slowCallRateThreshold } = this.settings
    const calls = this.#inWindow()
    const failed = calls.filter(call => call.failed).length
    const slow = calls.filter(call => call.slow).length
    if (consecutiveFailures > 0 && this.#row >= consecutiveFailures) return 'consecutive-failures'
    if (calls.length < minimumNumberOfCalls) return undefined
    if (failed / calls.length >= failureRateThreshold) return 'failure-rate'
    return slow / calls.length >= slowCallRateThreshold ? 'slow-call-rate' : undefined
  }

  #lease (): number {
    const { probeLease, timeout, waitDurationInOpenState } = this.settings
    if (probeLease > 0) return probeLease
    return timeout > 0 ? 2 * timeout : waitDurationInOpenState
  }

  #placeFree (): boolean {
    this.#probes = this.#probes.filter(probe => probe.startedAt + this.#lease() > this.#world.now)
    return this.#probes.length < this.settings.permittedNumberOfCallsInHalfOpenState
  }

  #open (reason: string): void {
    const { waitDurationInOpenState: first, exponentialBackoffMultiplier: factor, exponentialMaxWaitDurationInOpenState: most, randomizedWaitFactor, backoffDecay } = this.settings
    if (this.state === 'closed') {
      for (let healthy = this.#world.now - this.#closedAt; healthy >= backoffDecay && this.level > 0; healthy -= backoffDecay) this.level--
    }
    let wait = first
    for (let time = 0; time < this.level && wait < most; time++) wait *= factor
    if (wait < most) this.level++
    this.#change('open', reason, Math.min(wait, Math.max(most, first)) * (1 - randomizedWaitFactor * this.#world.random))
  }

  #change (to: ModelState, reason: string, openFor: number = 0): void {
    this.transitions.push(`${this.state} > ${to}: ${reason}`)
    this.state = to
    this.#period++
    this.#probes = []
    this.#good = 0
    this.#beyond = false
    this.openFor = openFor
    this.#openedAt = this.#world.now
    if (to === 'open') this.counts.opened++
    if (to === 'closed' || to === 'metrics-only') {
      this.#forget()
      this.#closedAt = this.#world.now
    }
  }

  #forget (): void {
    this.#ended = []
    this.#row = 0
    this.#windowBegan = this.#seen = this.#world.now
  }
}
