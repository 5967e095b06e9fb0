import { isDeepStrictEqual } from 'node:util'
import { CircuitBreaker } from '../../src/circuit-breaker.ts'
import { CallTimeoutError } from '../../src/errors.ts'
import type { LiveOptions } from '../../src/options.ts'
import type { Permit } from '../../src/permit.ts'
import { BreakerModel } from './breaker-model.ts'
import type { ModelCall, ModelSettings } from './breaker-model.ts'
import { World } from './world.ts'

export interface CheckResult {
  readonly rounds: number
  readonly steps: number
  /** How often each kind of step was made. */
  readonly kinds: ReadonlyMap<string, number>
  /** How often each change of state happened. */
  readonly transitions: ReadonlyMap<string, number>
  /** The first difference, with the seed of its round and the steps that led there. */
  readonly divergence: string | undefined
}

const STEPS_A_ROUND = 2000

/** Makes random steps with the breaker and with the model, and compares everything that can be seen after each. */
export async function check (steps: number, seed: number): Promise<CheckResult> {
  const kinds = new Map<string, number>()
  const transitions = new Map<string, number>()
  let made = 0
  let rounds = 0
  let divergence: string | undefined
  while (made < steps && divergence === undefined) {
    const round = new Round(seed + rounds++)
    divergence = await round.run(Math.min(STEPS_A_ROUND, steps - made))
    made += round.made
    for (const name of round.kinds) kinds.set(name, (kinds.get(name) ?? 0) + 1)
    for (const name of round.model.transitions) transitions.set(name, (transitions.get(name) ?? 0) + 1)
  }
  return { rounds, steps: made, kinds, transitions, divergence }
}

/** A call that is out, in the breaker and in the model. */
interface OpenCall {
  readonly model: ModelCall
  /** Of the permit form. */
  readonly permit?: Permit
  /** Of execute(). */
  readonly executed?: Executed
}

interface Executed {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  readonly controller: AbortController | undefined
  readonly due: number
  /** Live time of the loop since it was due. */
  overdue: number
  /** What execute() came to, the how-manyth of its round. */
  end: { readonly order: number, readonly error?: unknown } | undefined
}

/** Errors by what the filter says of them, and results likewise. */
const FAILURES = [new Error('counted'), new Error('the filter throws'), 'a string', undefined] as const
const IGNORED = new Error('ignored')
const INVERTED = new Error('inverted')
const BAD_RESULT = { bad: true }
const THROWING_RESULT = { throws: true }
/** A loop that is late all the time may put a deadline off by so much. */
const MOST_OVERDUE_MS = 45
const MOST_OPEN_CALLS = 40

class Round {
  readonly world: World
  readonly model: BreakerModel
  readonly kinds: string[] = []
  made = 0
  readonly #seed: number
  // Without filters and listeners most calls take a shorter way.
  readonly #filters: boolean
  readonly #breaker: CircuitBreaker
  readonly #foreign: CircuitBreaker
  readonly #told: string[] = []
  readonly #calls: OpenCall[] = []
  // With a deadline; those that hang as well.
  readonly #limited = new Map<Executed, ModelCall>()
  readonly #holds: Array<{ release (): void, released: boolean }> = []
  readonly #trace: string[] = []
  #lastGeneration = 0
  #ends = 0

  constructor (seed: number) {
    this.#seed = seed
    this.world = new World(seed)
    const settings = randomSettings(this.world)
    this.#filters = this.world.draw() < 0.5
    const listeners = this.world.oneOf([0, 0.3])
    const ports = { clock: this.world.clock, time: this.world.time, onFault: () => {} }
    this.model = new BreakerModel(settings, this.world)
    this.#breaker = new CircuitBreaker('checked', { ...settings, ...(this.#filters && { errorFilter, resultFilter }) }, ports)
    this.#foreign = new CircuitBreaker('another', {}, ports)
    for (const event of ['fire', 'success', 'failure', 'timeout', 'ignored', 'stale', 'reject', 'semaphoreLocked', 'open', 'halfOpen', 'close'] as const) {
      if (this.world.draw() < listeners) this.#breaker.on(event, () => { throw new Error(`listener of ${event}`) })
    }
    this.#breaker.on('stateChange', ({ from, to, reason }) => { this.#told.push(`${from} > ${to}: ${reason}`) })
  }

  async run (steps: number): Promise<string | undefined> {
    while (this.made < steps) {
      this.made++
      this.world.random = this.world.draw()
      const difference = await this.#step() ?? this.#compare()
      if (difference !== undefined) return `seed ${this.#seed}, step ${this.made}: ${difference}\n  settings ${JSON.stringify(this.model.settings)}\n  ${this.#trace.slice(-25).join('\n  ')}`
    }
    return undefined
  }

  async #step (): Promise<string | undefined> {
    const { world } = this
    const dice = world.draw()
    if (dice < 0.28) return this.#acquire()
    if (dice < 0.40) return this.#execute()
    if (dice < 0.77) return await this.#end()
    if (dice < 0.80) return await this.#abort()
    if (dice < 0.91) return await this.#pass()
    if (dice < 0.93) return this.#note('the loop stands still', () => { world.standStill(50 + world.upTo(world.oneOf([300, 3000, 40_000]))) })
    if (dice < 0.94) return this.#note('the wall clock jumps', () => { world.jumpWallClock(world.oneOf([-3_600_000, 3_600_000])) })
    if (dice < 0.95) return this.#note('hang', () => { this.#calls.splice(world.upTo(this.#calls.length), 1) })
    if (dice < 0.965) return this.#settleAgain()
    if (dice < 0.967) return this.#isolate()
    if (dice < 0.982) return this.#release()
    if (dice < 0.984) return this.#note('reset', () => { this.#breaker.reset(); this.model.reset() })
    if (dice < 0.986) return this.#note('trip', () => { this.#breaker.trip(); this.model.trip() })
    if (dice < 0.996) return this.#configure()
    return this.#restore()
  }

  #acquire (): string | undefined {
    return this.#note('acquire', () => {
      const permit = this.#breaker.tryAcquire()
      const model = this.model.acquire()
      if ((permit === undefined) !== (model === undefined)) return `a call was ${permit === undefined ? 'refused' : 'let through'} and should not have been`
      if (permit !== undefined && model !== undefined) this.#open({ model, permit })
      return undefined
    })
  }

  #execute (): string | undefined {
    const { world } = this
    return this.#note('execute', () => {
      const controller = world.draw() < 0.3 ? new AbortController() : undefined
      let called = false
      const { promise, resolve, reject } = Promise.withResolvers<unknown>()
      const options = controller === undefined ? undefined : { signal: controller.signal }
      const ended = this.#breaker.execute(() => {
        called = true
        return promise
      }, options)
      const executed: Executed = { resolve, reject, controller, due: this.model.settings.timeout > 0 ? world.now + this.model.settings.timeout : Infinity, overdue: 0, end: undefined }
      ended.then(() => { executed.end = { order: ++this.#ends } }, (error: unknown) => { executed.end = { order: ++this.#ends, error } })
      const model = this.model.acquire()
      if (called !== (model !== undefined)) return `the function was ${called ? '' : 'not '}called and should ${called ? 'not ' : ''}have been`
      if (model !== undefined) {
        this.#open({ model, executed })
        if (executed.due !== Infinity) this.#limited.set(executed, model)
      }
      return undefined
    })
  }

  async #end (): Promise<string | undefined> {
    const call = this.#takeCall()
    if (call === undefined) return undefined
    const { world } = this
    const dice = world.draw()
    const ignored = call.permit === undefined && !this.#filters ? 'failure' : 'ignore'
    const outcome = dice < 0.5 ? 'success' : dice < 0.9 ? 'failure' : ignored
    const dated = world.coarse
    if (call.executed !== undefined) return await this.#endExecuted(call.model, call.executed, outcome, dated)
    const { permit } = call
    return this.#note(`end with ${outcome}`, () => {
      const breaker = this.#breaker
      if (outcome === 'success') {
        if (this.#filters && world.draw() < 0.2) breaker.fail(permit!, INVERTED)
        else breaker.succeed(permit!, world.oneOf([undefined, 42, THROWING_RESULT]))
      } else if (outcome === 'failure') {
        if (this.#filters && world.draw() < 0.2) breaker.succeed(permit!, BAD_RESULT)
        else breaker.fail(permit!, world.oneOf(FAILURES))
      } else if (!this.#filters || world.draw() < 0.5) breaker.ignore(permit!)
      else breaker.fail(permit!, IGNORED)
      this.model.settle(call.model, outcome, dated)
      // Kept now and then, to be settled a second time.
      if (world.draw() < 0.1) this.#open(call)
    })
  }

  async #endExecuted (model: ModelCall, executed: Executed, outcome: 'success' | 'failure' | 'ignore', dated: number): Promise<string | undefined> {
    const { world } = this
    this.#record(`execute() ends with ${outcome}`)
    const wasOver = executed.end !== undefined
    if (outcome === 'success') executed.resolve(world.oneOf([undefined, 42]))
    else if (outcome === 'failure') executed.reject(world.oneOf(FAILURES))
    else executed.reject(IGNORED)
    await settled()
    if (!wasOver && executed.end === undefined) return 'execute() did not end with its function'
    this.model.settle(model, outcome, dated)
    return undefined
  }

  async #abort (): Promise<string | undefined> {
    const call = this.#calls.find(({ executed }) => executed?.controller?.signal.aborted === false)
    if (call?.executed?.controller === undefined) return undefined
    this.#record('the caller aborts')
    call.executed.controller.abort()
    await settled()
    if (call.executed.end === undefined) return 'execute() did not end with the abort of its caller'
    this.model.settle(call.model, 'ignore', this.world.coarse)
    return undefined
  }

  /** Deadlines are met by the loop as it turns: what they do is observed, and judged by when they may do it. */
  async #pass (): Promise<string | undefined> {
    const { world } = this
    const ms = 1 + world.upTo(world.oneOf([5, 5, 60, 60, 600, 600, 6000, 130_000]))
    this.#record(`${ms} ms pass`)
    const until = world.now + ms
    while (world.now < until) {
      const from = world.now
      // To each timer, so that what it does is seen at its time.
      world.pass(Math.min(until, Math.max(from, world.nextDue)) - from)
      if (![...this.#limited.keys()].some(({ due }) => due <= world.now)) continue
      await settled()
      const difference = this.#seeDeadlines(world.now - from)
      if (difference !== undefined) return difference
    }
    return undefined
  }

  #seeDeadlines (passed: number): string | undefined {
    // Several may have expired at one time, one after the other.
    const inOrder = [...this.#limited].sort(([a], [b]) => (a.end?.order ?? 0) - (b.end?.order ?? 0))
    for (const [executed, model] of inOrder) {
      if (executed.due > this.world.now && executed.end === undefined) continue
      if (model.over) {
        this.#limited.delete(executed)
      } else if (executed.end?.error instanceof CallTimeoutError) {
        if (this.world.now < executed.due) return 'a call timed out too early'
        this.#record('a call times out')
        this.model.settle(model, 'timeout', this.world.coarse)
      } else {
        executed.overdue += passed
        if (executed.overdue > MOST_OVERDUE_MS) return `a call did not time out in ${executed.overdue} ms`
      }
    }
    return undefined
  }

  #settleAgain (): string | undefined {
    return this.#note('settle again', () => {
      const permit = this.#foreign.tryAcquire()
      if (permit !== undefined) this.#breaker.fail(permit)
      const over = this.#calls.find(({ model, permit }) => model.over && permit !== undefined)
      if (over?.permit !== undefined) this.#breaker.fail(over.permit)
    })
  }

  #isolate (): string | undefined {
    return this.#note('isolate', () => {
      const hold = this.#breaker.isolate()
      this.model.isolate()
      this.#holds.push({ release: () => { hold.release() }, released: false })
    })
  }

  /** Also of holds that were released before, which must do nothing. */
  #release (): string | undefined {
    return this.#note('release', () => {
      const hold = this.#holds[Math.max(0, this.#holds.length - 1 - this.world.upTo(4))]
      if (hold === undefined) return
      hold.release()
      if (!hold.released) this.model.release()
      hold.released = true
    })
  }

  #configure (): string | undefined {
    const { world } = this
    const changes: readonly LiveOptions[] = [
      { failureRateThreshold: world.oneOf([0.2, 0.5, 1]) },
      { slowCallDurationThreshold: world.oneOf([0, 40, 400]) },
      { minimumNumberOfCalls: world.oneOf([1, 3, 8]) },
      { consecutiveFailures: world.oneOf([0, 2, 4]) },
      { waitDurationInOpenState: world.oneOf([100, 700]) },
      { successThreshold: world.oneOf([1, 2, 4]) },
      { permittedNumberOfCallsInHalfOpenState: world.oneOf([1, 2, 5]) },
      { timeout: world.oneOf([0, 30, 300]) },
      { maxConcurrentCalls: world.oneOf([0, 3, 12]) },
      { metricsOnly: true },
      { metricsOnly: false }
    ]
    const change = world.oneOf(changes)
    return this.#note(`configure ${JSON.stringify(change)}`, () => {
      this.#breaker.configure(change)
      this.model.configure(change)
    })
  }

  #restore (): string | undefined {
    return this.#note('export and import', () => {
      const state = this.#breaker.exportState()
      const { model } = this
      const expected = {
        state: model.state === 'open' || model.state === 'half-open' ? 'open' : 'closed',
        remainingMs: model.state === 'open' ? model.retryAfter() : 0,
        level: model.level
      }
      if (!isDeepStrictEqual(state, expected)) return `exported ${JSON.stringify(state)} instead of ${JSON.stringify(expected)}`
      const given = this.world.draw() < 0.5 ? state : { state: this.world.oneOf(['open', 'closed'] as const), remainingMs: this.world.upTo(500), level: this.world.upTo(3) }
      this.#breaker.importState(given)
      model.restore(given.state, given.remainingMs, given.level)
      return undefined
    })
  }

  #compare (): string | undefined {
    const { model } = this
    const breaker = this.#breaker
    if (breaker.state !== model.state) return `state is ${breaker.state} instead of ${model.state}`
    if (breaker.inFlight !== model.inFlight) return `${breaker.inFlight} calls are out instead of ${model.inFlight}`
    for (const [name, count] of Object.entries(model.counts)) {
      if (Reflect.get(breaker.stats, name) !== count) return `${name} is ${Reflect.get(breaker.stats, name)} instead of ${count}`
    }
    if (this.#told.length !== model.transitions.length || this.#told.at(-1) !== model.transitions.at(-1)) return `the changes told end with ${this.#told.slice(-3).join(', ')} instead of ${model.transitions.slice(-3).join(', ')}`
    if (breaker.generation < this.#lastGeneration) return 'the generation went back'
    this.#lastGeneration = breaker.generation
    // Looking reads the clock, which is a step of its own: not after each.
    if (this.world.draw() > 0.25) return undefined
    const { failureRate, slowRate, calls, openForMs, retryAfterMs } = breaker.snapshot()
    const seen = { calls, failureRate, slowRate, openForMs, retryAfterMs }
    const expected = { ...model.rates(), openForMs: model.openFor, retryAfterMs: model.retryAfter() }
    return isDeepStrictEqual(seen, expected) ? undefined : `figures are ${JSON.stringify(seen)} instead of ${JSON.stringify(expected)}`
  }

  #takeCall (): OpenCall | undefined { return this.#calls.splice(this.world.upTo(this.#calls.length), 1)[0] }

  // One too many is forgotten: it hangs for ever.
  #open (call: OpenCall): void {
    this.#calls.push(call)
    if (this.#calls.length > MOST_OPEN_CALLS) this.#takeCall()
  }

  #record (what: string): void {
    this.kinds.push(what.replace(/\d+ ms|\{.*\}/, '').trim())
    this.#trace.push(`${this.world.now}: ${what}`)
  }

  #note (what: string, step: () => string | undefined | void): string | undefined {
    this.#record(what)
    return step() ?? undefined
  }
}

function randomSettings (world: World): ModelSettings {
  const waitDurationInOpenState = world.oneOf([100, 500, 2000])
  const slidingWindowType = world.oneOf(['time', 'count'] as const)
  return {
    failureRateThreshold: world.oneOf([0.1, 0.3, 0.5, 1]),
    slowCallRateThreshold: world.oneOf([0.3, 0.6, 1]),
    slowCallDurationThreshold: world.oneOf([0, 0, 50, 500]),
    slidingWindowType,
    slidingWindowSize: slidingWindowType === 'time' ? world.oneOf([1000, 5000]) : world.oneOf([8, 20]),
    minimumNumberOfCalls: world.oneOf([1, 4, 8]),
    consecutiveFailures: world.oneOf([0, 0, 3]),
    waitDurationInOpenState,
    exponentialBackoffMultiplier: world.oneOf([1, 2, 3]),
    exponentialMaxWaitDurationInOpenState: waitDurationInOpenState * world.oneOf([1, 4, 30]) + 600,
    randomizedWaitFactor: world.oneOf([0, 0.5]),
    backoffDecay: world.oneOf([500, 5000]),
    permittedNumberOfCallsInHalfOpenState: world.oneOf([1, 2, 5]),
    successThreshold: world.oneOf([1, 2, 3]),
    probeLease: world.oneOf([0, 0, 80]),
    timeout: world.oneOf([0, 0, 40, 400]),
    maxConcurrentCalls: world.oneOf([0, 0, 6]),
    metricsOnly: world.draw() < 0.1
  }
}

function errorFilter (error: unknown): 'ignore' | boolean | undefined {
  if (error === FAILURES[1]) throw new Error('of the filter')
  if (error === IGNORED) return 'ignore'
  return error === INVERTED ? true : undefined
}

function resultFilter (result: unknown): 'failure' | undefined {
  if (result === THROWING_RESULT) throw new Error('of the filter')
  return result === BAD_RESULT ? 'failure' : undefined
}

/** The promises of a call that has ended take a few turns of the microtask queue. */
async function settled (): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await undefined
}
