import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { PRIORITIES, PRIORITY_RANK } from '@plimsoll/core'
import type { Core, Priority, PriorityRank, RawRequest, RawResponse, Refusal, RequestScope } from '@plimsoll/core'
import { ClientCohorts } from './client-cohorts.ts'
import { InvalidControlError } from './errors.ts'
import { Gate } from './gate.ts'
import type { Destination } from './gate-entry.ts'
import type { GatePorts, GateSettings } from './gate-ports.ts'
import { GatedServers } from './gated-servers.ts'
import type { Doorkeeper } from './gated-servers.ts'
import { liveOptions } from './options.ts'
import type { LiveOptions, LoadShedderSettings } from './options.ts'
import { PressureSignals } from './pressure-signals.ts'
import type { MemoryUsage, Pressure } from './pressure-signals.ts'
import { RefusalJournal } from './refusal-journal.ts'
import { Refusals } from './refusals.ts'
import { ReturnBook } from './return-book.ts'
import { FixedLimitStrategy } from './strategies/fixed-limit.ts'
import { chooseStrategy } from './strategy-choice.ts'
import type { StrategyChange } from './strategy.ts'
import { needsFastify } from './under-pressure.ts'

/** Who decides: the strategy, or an operator who sheds (`on`) or admits everything (`off`). */
export type Force = 'auto' | 'on' | 'off'

/** So long after a refusal the service still counts as under pressure, in milliseconds. */
const PRESSURE_HOLD_MS = 1000
const COMPONENT = 'load-shedder'
const OPEN = { bodyWithheld: false }
const WITHHELD = { bodyWithheld: true }

/** The load-shedder of one application: `fastify.loadShedder`. */
export class LoadShedder implements Doorkeeper {
  readonly gate: Gate
  readonly signals: PressureSignals
  readonly #core: Core
  readonly #options: LoadShedderSettings
  readonly #settings: GateSettings
  readonly #refusals: Refusals
  readonly #book: ReturnBook
  readonly #journal: RefusalJournal
  readonly #servers: GatedServers
  // Requests on their way to a pressure handler, with what it is to be told.
  readonly #passedOn: WeakMap<RawRequest, Pressure> = new WeakMap()
  #enabled: boolean
  #force: Force = 'auto'
  #forceFloor: PriorityRank = PRIORITY_RANK.critical
  #cohortFailed = false

  constructor (core: Core, options: LoadShedderSettings, enabled: boolean) {
    const { clock, journal } = core
    const { ablate, maxQueue, maxStreams, dryRun, retryAfterMin, retryAfterMax } = options
    this.#core = core
    this.#options = options
    this.#enabled = enabled
    this.#servers = new GatedServers(this, core.root.routing)
    this.signals = new PressureSignals(options)
    this.#book = new ReturnBook({ minSeconds: retryAfterMin, maxSeconds: retryAfterMax })
    this.#refusals = new Refusals(() => this.retryAfter())
    this.#journal = new RefusalJournal({ clock, record: event => journal.record(event) })
    const without = new Set(ablate)
    this.#settings = {
      maxQueue,
      maxStreams,
      dryRun,
      ingredients: { defer: !without.has('defer'), bounded: !without.has('bounded'), drain: !without.has('drain'), lifo: !without.has('lifo') }
    }
    const chosen: LoadShedderSettings = without.has('adaptive') ? { ...options, strategy: 'priority' } : options
    const strategy = chooseStrategy(chosen, { random: () => clock.random(), onChange: change => this.#changed(change) })
    this.gate = new Gate(this.#ports(), this.#settings, strategy)
    this.#applyMode()
  }

  /** `auto`: the strategy decides. */
  get force (): Force { return this.#force }

  get enabled (): boolean { return this.#enabled }

  /** Options as they are now. */
  get options (): Readonly<LoadShedderSettings> {
    const { dryRun, maxQueue, maxStreams } = this.#settings
    const { strategy } = this.gate
    return { ...this.#options, dryRun, maxQueue, maxStreams, ...(strategy instanceof FixedLimitStrategy ? { limit: strategy.limit } : {}) }
  }

  /** Sheds until told otherwise: refuses whatever is less important than `leastImportant`. */
  forceOn (leastImportant: Priority = 'critical'): void {
    const rank: PriorityRank | undefined = PRIORITY_RANK[leastImportant]
    if (rank === undefined) throw new InvalidControlError('forceOn', String(leastImportant), `give one of ${PRIORITIES.join(', ')}`)
    this.#forceFloor = rank
    this.#setForce('on', `refusing everything less important than ${leastImportant}`)
  }

  /** Admits everything at once, past the queue, until told otherwise. Rate limits still hold. */
  forceOff (): void { this.#setForce('off', 'admitting everything') }

  /** Lets the strategy decide again. */
  auto (): void { this.#setForce('auto', 'the strategy decides') }

  /** Switches the gate on or off; off, everything passes. */
  setEnabled (enabled: boolean): void {
    if (enabled === this.#enabled) return
    this.#enabled = enabled
    this.#applyMode()
    this.#record('enabled-changed', enabled ? 'switched on' : 'switched off: everything passes')
  }

  /**
   * Changes options while the service runs.
   *
   * @throws PLM_LOAD_SHEDDER_INVALID_OPTION as at register; PLM_LOAD_SHEDDER_INVALID_CONTROL for a `limit` where the
   * strategy has none to be set
   */
  configure (options: LiveOptions): void {
    const { strategy } = this.gate
    const live = liveOptions.resolve(options)
    for (const [name, value] of Object.entries(live.values)) {
      if (live.sources[name as keyof LiveOptions] === 'default') continue
      if (name !== 'limit') Reflect.set(this.#settings, name, value)
      else if (strategy instanceof FixedLimitStrategy) strategy.limit = Number(value)
      else throw new InvalidControlError(name, String(value), `leave it out: the strategy ${strategy.name} has a limit of its own`)
    }
    const { dryRun, maxQueue, maxStreams } = this.options
    this.#record('options-changed', `dryRun ${dryRun}, maxQueue ${maxQueue}, maxStreams ${maxStreams}, limit ${shown(strategy.limit)}`)
  }

  /** Whether optional work is better left out: refusing now or a moment ago, or a threshold is passed. */
  isUnderPressure (): boolean {
    return this.#force === 'on' || this.signals.pressure !== undefined || this.gate.strategy.overloaded ||
      this.#core.clock.now() - this.gate.stats.lastRefusalAt < PRESSURE_HOLD_MS
  }

  /** As of the last look; without thresholds nothing is sampled, and the memory is that of this moment. */
  memoryUsage (): MemoryUsage {
    const { usage } = this.signals
    if (this.#core.vitals.latest !== undefined) return usage
    const { rss, heapUsed } = process.memoryUsage()
    return { ...usage, rssBytes: rss, heapUsed }
  }

  /** Seconds that the next refused client is told to wait. */
  retryAfter (): number {
    const now = this.#core.clock.now()
    return this.#options.retryAfter ?? this.#book.book(now, this.gate.stats.finishedPerSecond(now))
  }

  arrive (req: RawRequest, res: RawResponse, destination: Destination): void { this.gate.arrive(req, res, destination) }

  connected (): void { this.gate.connected() }

  knows (scope: RequestScope): boolean {
    this.#core.priorities.classify(scope)
    return scope.route !== undefined
  }

  refusesUpgrade (socket: Socket): boolean {
    return this.gate.mode === 'on' && !this.gate.openUpgrade(socket)
  }

  /** The threshold for which this request was passed on to Fastify. */
  pressureOf (req: RawRequest): Pressure | undefined { return this.#passedOn.get(req) }

  /** Puts the gate in front of the application's servers. */
  open (): void { this.#servers.open(this.#core.root.server) }

  /** Refuses what is queued; from now on Fastify answers by itself. */
  close (): void { this.gate.close('closing') }

  /** Gives the servers their listeners back. */
  leave (): void { this.#servers.close() }

  #ports (): GatePorts {
    const { clock, scopes, admission } = this.#core
    const { client } = this.#options
    const timing = performance.nodeTiming
    const failed = (error: unknown): void => this.#clientFailed(error)
    return {
      clock,
      cohorts: new ClientCohorts(client, Math.floor(clock.random() * 2 ** 32), failed),
      idleMs: () => timing.idleTime,
      nextTurn: turn => { setImmediate(turn) },
      scopeOf: (req, res) => scopes.of(req, res),
      classify: scope => this.#classify(scope),
      check: scope => admission.check(scope),
      checks: () => admission.checks.length > 0,
      pressure: rank => this.#pressure(rank),
      refusal: reason => this.#refusals.of(reason),
      passOn: (scope, refusal) => this.#passOn(scope, refusal),
      refuse: (scope, refusal, bodyWithheld) => admission.refuse(scope, refusal, bodyWithheld ? WITHHELD : OPEN),
      refused: (scope, refusal, waitedMs) => this.#refused(scope, refusal, waitedMs)
    }
  }

  #classify (scope: RequestScope): PriorityRank {
    const rank = this.#core.priorities.classify(scope)
    if (scope.route !== undefined || !this.#servers.shared) return rank
    return this.#servers.knownToOthers(scope) ? scope.priority : this.#core.priorities.classify(scope)
  }

  // `system` is exempt: health checks must not die with the service.
  #pressure (rank: PriorityRank): string | undefined {
    if (rank === PRIORITY_RANK.system) return undefined
    if (this.#force === 'on' && rank > this.#forceFloor) return 'forced-on'
    return this.signals.pressure?.type
  }

  #passOn (scope: RequestScope, refusal: Refusal): boolean {
    const { pressure } = this.signals
    if (pressure?.type === refusal.reason && needsFastify(scope, this.#options)) {
      this.#passedOn.set(scope.req, pressure)
      return true
    }
    return this.#core.admission.degrade(scope, refusal)
  }

  #refused (scope: RequestScope, refusal: Refusal, waitedMs: number): void {
    this.#journal.refused(scope, refusal, {
      waitedMs,
      queued: this.gate.queued,
      inFlight: this.gate.inFlight,
      dryRun: this.#settings.dryRun,
      className: PRIORITIES[scope.priority]
    })
  }

  #setForce (force: Force, how: string): void {
    const before = this.#force
    this.#force = force
    this.#applyMode()
    this.#record('forced', `force ${before} → ${force}: ${how}`)
  }

  #applyMode (): void {
    if (this.gate.mode !== 'closed') this.gate.mode = this.#enabled && this.#force !== 'off' ? 'on' : 'off'
  }

  #changed ({ what, from, to, reason }: StrategyChange): void {
    this.#core.journal.record({
      component: COMPONENT,
      event: `${what}-changed`,
      message: `${what} ${shown(from)} → ${shown(to)} (${reason}), with ${this.gate.inFlight} in flight and ${this.gate.queued} queued`,
      data: { from: jsonOf(from), to: jsonOf(to), reason }
    })
  }

  #clientFailed (error: unknown): void {
    if (this.#cohortFailed) return
    this.#cohortFailed = true
    this.#core.journal.record({
      component: COMPONENT,
      event: 'client-function-failed',
      severity: 'error',
      message: `the client function of this application threw: ${String(error)}. Such requests count under their remote address. Told once.`
    })
  }

  #record (event: string, message: string): void {
    this.#core.journal.record({ component: COMPONENT, event, severity: 'warning', message })
  }
}

function shown (value: number | string): string { return typeof value === 'number' ? String(Math.round(value * 100) / 100) : value }

// JSON has no Infinity.
function jsonOf (value: number | string): number | string { return value === Infinity ? 'unlimited' : value }
