import { EventEmitter } from 'node:events'
import type { PriorityRank, Refusal, RequestScope, SettleReason } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'
import type { FakeClock } from '@plimsoll/core/testing'
import { ClientCohorts } from '../src/client-cohorts.ts'
import { Gate } from '../src/gate.ts'
import type { GatePorts, GateSettings } from '../src/gate-ports.ts'
import type { Strategy } from '../src/strategy.ts'

type Watcher = Parameters<RequestScope['watch']>[0]

/** A request made by hand: the test says when it ends. */
export class TestRequest extends EventEmitter {
  readonly res: EventEmitter & { statusCode: number } = Object.assign(new EventEmitter(), { statusCode: 200 })
  readonly socket = { remoteAddress: '127.0.0.1' }
  readonly headers: Record<string, string> = {}
  readonly watchers: Array<readonly [Watcher, unknown]> = []
  readonly label: string
  readonly rank: PriorityRank
  readonly config: Record<string, unknown>
  scope: RequestScope | undefined
  settledAs: SettleReason | undefined
  gone: boolean = false
  over: boolean = false

  constructor (label: string, rank: PriorityRank, config: Record<string, unknown>) {
    super()
    this.label = label
    this.rank = rank
    this.config = config
  }

  settle (reason: SettleReason): void {
    this.settledAs = reason
    for (const [watcher, value] of this.watchers) if (this.scope !== undefined) watcher.settled?.(this.scope, reason, value)
  }

  endWork (): void {
    if (this.over) return
    this.over = true
    for (const [watcher, value] of this.watchers) if (this.scope !== undefined) watcher.workDone?.(this.scope, value)
  }

  finish (reason: SettleReason = 'completed'): void {
    this.settle(reason)
    this.endWork()
  }

  abort (): void {
    this.gone = true
    this.settle('client-abort')
  }
}

/** A gate with nothing real around it: the test turns the loop and moves the time. */
export class GateBench {
  readonly clock: FakeClock = fakeClock({ now: 0 })
  readonly started: string[] = []
  readonly refused: string[] = []
  readonly passedOn: string[] = []
  readonly bodyWithheld: string[] = []
  readonly requests: Map<string, TestRequest> = new Map()
  readonly settings: GateSettings
  readonly gate: Gate
  idle: number = 0
  startMs: number = 0
  pressure: string | undefined
  checkRefusal: Refusal | undefined
  hasChecks: boolean = false
  passesOn: boolean = false
  #turns: Array<() => void> = []

  constructor (strategy: Strategy, settings: Partial<Omit<GateSettings, 'ingredients'>> & { ingredients?: Partial<GateSettings['ingredients']> } = {}) {
    const { ingredients, ...rest } = settings
    this.settings = { maxQueue: 100, maxStreams: 10, dryRun: false, ...rest, ingredients: { defer: true, bounded: true, drain: true, lifo: true, ...ingredients } }
    this.gate = new Gate(this.#ports(), this.settings, strategy)
  }

  get turnAsked (): boolean { return this.#turns.length > 0 }

  arrive (label: string, rank: PriorityRank = 3, { config = {}, bodyWithheld = false }: { config?: Record<string, unknown>, bodyWithheld?: boolean } = {}): TestRequest {
    const request = new TestRequest(label, rank, config)
    this.requests.set(label, request)
    const dispatch = (): void => {
      (request.settledAs === undefined && this.#scopeOf(request).refusal === undefined ? this.started : this.passedOn).push(label)
      this.clock.advance(this.startMs)
    }
    this.gate.arrive(asRaw(request), asRaw(request.res), { dispatch, bodyWithheld })
    return request
  }

  /** The loop waits for events, and nothing runs. */
  wait (ms: number): void {
    this.clock.advance(ms)
    this.idle += ms
  }

  /** One turn of the event loop, in which the loop has waited for events for so long. */
  turn (waitedMs: number = 1): void {
    this.wait(waitedMs)
    for (const turn of this.#turns.splice(0)) turn()
  }

  #scopeOf (request: TestRequest): RequestScope {
    request.scope ??= {
      req: asRaw(request),
      res: asRaw(request.res),
      startedAt: this.clock.now(),
      route: { id: 1, methods: ['GET'], url: '/', config: request.config, constraints: {} },
      priority: request.rank,
      refusal: undefined,
      get settled () { return request.settledAs },
      get workDone () { return request.over },
      signal: new AbortController().signal,
      clientGone: () => request.gone,
      watch: (watcher, value) => { request.watchers.push([asWatcher(watcher), value]) },
      declareStream () {},
      endWork: () => request.endWork(),
      outliveAnswer () {},
      routed: false,
      routeTo () {}
    }
    return request.scope
  }

  #ports (): GatePorts {
    const labelOf = (scope: RequestScope): string => {
      for (const [label, request] of this.requests) if (request.scope === scope) return label
      return '?'
    }
    return {
      clock: this.clock,
      cohorts: new ClientCohorts(undefined, 1, () => {}),
      idleMs: () => this.idle,
      nextTurn: turn => { this.#turns.push(turn) },
      scopeOf: req => this.#scopeOf(fromRaw(req)),
      classify: scope => scope.priority,
      check: () => this.checkRefusal,
      checks: () => this.hasChecks,
      pressure: () => this.pressure,
      refusal: reason => ({ by: 'load-shedder', reason, status: 503, retryAfter: () => 1 }),
      passOn: (scope, refusal) => {
        if (this.passesOn) scope.refusal = refusal
        return this.passesOn
      },
      refuse: (scope, refusal, bodyWithheld) => {
        this.refused.push(`${labelOf(scope)}: ${refusal.reason}`)
        if (bodyWithheld) this.bodyWithheld.push(labelOf(scope))
        fromRaw(scope.req).finish('refused')
      },
      refused: () => {}
    }
  }
}

// The gate only hands these objects on; what it reads of them is there.
function asRaw<T> (object: unknown): T { return object as T }
function fromRaw (object: unknown): TestRequest { return object as TestRequest }
function asWatcher (watcher: unknown): Watcher { return watcher as Watcher }
