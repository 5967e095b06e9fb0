import { systemClock } from '../clock.ts'
import type { Clock } from '../clock.ts'
import type { ComponentHealth, Json } from '../component.ts'
import type { JournalEvent } from '../journal.ts'
import { Broadcasts } from './broadcasts.ts'
import type { CapacityDriver } from './capacity-driver.ts'
import { readCapacityOptions } from './capacity-options.ts'
import type { CapacityOptions, CapacitySettings } from './capacity-options.ts'
import { CapacityShare } from './capacity-share.ts'
import { CommitCapacity } from './commit-capacity.ts'
import { CommitQueue } from './commit-queue.ts'
import { CommitQuota } from './commit-quota.ts'
import { DistributedQueue } from './distributed-queue.ts'
import type { Capabilities, CoordinatorDriver, Pulse } from './driver.ts'
import { Election } from './election.ts'
import { readElectionOptions } from './election-options.ts'
import type { ElectionOptions, ElectionSettings } from './election-options.ts'
import { reasonOf } from './errors.ts'
import { FollowedLeases } from './followed-leases.ts'
import { InstanceSession } from './instance-session.ts'
import { KeyValue } from './key-value.ts'
import type { SetOptions, Value, WriteOptions } from './key-value.ts'
import type { Leadership } from './leadership.ts'
import { Link } from './link.ts'
import { LocalDriver } from './local-driver.ts'
import { linkedCapacity, linkedQueue, linkedQuota } from './native-drivers.ts'
import { Named } from './named.ts'
import type { QueueDriver, QueueLimits } from './queue-driver.ts'
import { readQueueOptions } from './queue-options.ts'
import type { QueueOptions, QueueSettings } from './queue-options.ts'
import { Quota } from './quota.ts'
import type { QuotaDriver } from './quota-driver.ts'
import { readQuotaOptions } from './quota-options.ts'
import type { QuotaOptions, QuotaSettings } from './quota-options.ts'
import { Registry } from './registry.ts'
import type { Instance } from './registry.ts'
import type { Tenure } from './tenure.ts'
import { resolveTimings } from './timings.ts'
import type { CoordinatorTimings } from './timings.ts'
import { watchValues } from './value-watch.ts'
import type { Change } from './value-watch.ts'
import { WatchHub } from './watch-hub.ts'

export type CoordinatorMode =
  /** No backend configured: this process is all there is. */
  | 'single'
  | 'cluster'
  /** A backend is configured and cannot be reached at the moment. */
  | 'degraded'

export interface CoordinatorOptions {
  /** @default the local driver: mode `single` */
  readonly driver?: CoordinatorDriver
  /** This instance's name, unique among the living. */
  readonly id: string
  /** Told to the other instances. */
  readonly meta?: { readonly [key: string]: Json }
  readonly timings?: Partial<CoordinatorTimings>
  readonly clock?: Clock
  readonly journal?: { record (event: JournalEvent): void }
}

/**
 * Coordination among the instances of one service, the same whether there is one or fifty. It never fails a start: while
 * the backend is away it says so once, serves what is safe to serve, and rejoins by itself.
 */
export class Coordinator {
  readonly id: string
  /** Of this life of the process. */
  readonly incarnation: string
  readonly timings: CoordinatorTimings
  readonly link: Link
  readonly hub: WatchHub
  readonly registry: Registry
  readonly broadcasts: Broadcasts
  /** Changes of this instance's leaderships, sessions lost, changes of mode. */
  readonly counters: { elected: number, sessionsLost: number, modeChanges: number } = { elected: 0, sessionsLost: 0, modeChanges: 0 }
  readonly #clock: Clock
  readonly #journal: { record (event: JournalEvent): void } | undefined
  readonly #session: InstanceSession
  readonly #values: KeyValue
  readonly #leases: FollowedLeases
  readonly #elections = new Named<Election, ElectionOptions, ElectionSettings>('election', readElectionOptions)
  readonly #shares = new Named<CapacityShare, CapacityOptions, CapacitySettings>('capacity', readCapacityOptions)
  readonly #queues = new Named<DistributedQueue<unknown>, QueueOptions, QueueSettings>('queue', readQueueOptions)
  readonly #quotas = new Named<Quota, QuotaOptions, QuotaSettings>('quota', readQuotaOptions)
  readonly #listeners = new Set<() => void>()
  readonly #closing = new AbortController()
  #mode: CoordinatorMode
  #highestEpoch = 0n
  #serverOffset: number
  #connecting: Promise<boolean> | undefined
  #closed: Promise<void> | undefined
  #warned = false
  #resigned = false

  constructor ({ driver, id, meta = {}, timings, clock = systemClock, journal }: CoordinatorOptions) {
    const used = driver ?? new LocalDriver({ clock })
    this.id = id
    this.incarnation = `${encodeURIComponent(id)}~${Math.floor(clock.wallTime()).toString(36)}${Math.floor(clock.random() * 2 ** 52).toString(36)}`
    this.timings = resolveTimings(timings, used.capabilities.minTtlMs)
    this.#clock = clock
    this.#journal = journal
    this.#mode = used.capabilities.scope === 'process' ? 'single' : 'degraded'
    this.#serverOffset = clock.wallTime() - clock.now()
    this.link = new Link({ driver: used, clock, timeoutMs: this.timings.commandTimeoutMs, incarnation: this.incarnation })
    this.hub = new WatchHub(this.link)
    this.#leases = new FollowedLeases(clock)
    this.broadcasts = new Broadcasts(this.link)
    const tenure = (): Tenure | undefined => this.#session.tenure
    this.#values = new KeyValue({ link: this.link, scope: this.#scope, tenure })
    this.registry = new Registry({
      link: this.link,
      hub: this.hub,
      clock,
      id,
      incarnation: this.incarnation,
      meta,
      ttlMs: this.timings.ttlMs,
      retryMs: this.timings.retryMs,
      tenure,
      highestEpoch: () => this.#highestEpoch,
      sawEpoch: (epoch) => { this.#sawEpoch(epoch) },
      duplicate: (holder) => { this.#record('duplicate-id', `Another living process (${holder}) is registered as ${id}; this one is not in the registry. Give every instance an id of its own.`, 'error') },
      changed: () => {}
    })
    this.#session = new InstanceSession({
      link: this.link,
      clock,
      timings: this.timings,
      incarnation: this.incarnation,
      events: {
        opened: (opened, pulse, previous) => { this.#opened(opened, pulse, previous) },
        pulse: (pulse, followed) => { this.#pulse(pulse, followed) },
        lost: (lost, why) => { this.#lost(lost, why) },
        unreachable: (error) => { this.#unreachable(error) },
        takePayload: () => this.registry.payload(),
        followed: () => this.#leases.sessions
      }
    })
  }

  get mode (): CoordinatorMode { return this.#mode }

  get capabilities (): Capabilities { return this.link.driver.capabilities }

  /** What this instance holds hangs on it; nothing while there is no session. */
  get tenure (): Tenure | undefined { return this.#session.tenure }

  get elections (): Iterable<Election> { return this.#elections }

  get shares (): Iterable<CapacityShare> { return this.#shares }

  get queues (): Iterable<DistributedQueue<unknown>> { return this.#queues }

  /** Instances last known to be there, this one included; no I/O. */
  get knownInstances (): number { return this.registry.known }

  /**
   * Never rejects and never waits longer than `connectTimeoutMs`. `false`: the backend was not reached in time; it is
   * tried again in the background, and `mode` is `degraded` until it answers.
   */
  connect (): Promise<boolean> {
    this.#connecting ??= this.#connect()
    return this.#connecting
  }

  /** The first step of closing: gives every leadership up, and campaigns no more. Never rejects. */
  async resign (): Promise<void> {
    this.#resigned = true
    await this.#within(this.timings.commandTimeoutMs, async () => { await Promise.all([...this.#elections].map((election) => election.close())) })
  }

  /** Resigns, gives capacity back and leaves the registry, within `drainMs`. Idempotent. */
  close ({ drainMs = this.timings.commandTimeoutMs }: { readonly drainMs?: number } = {}): Promise<void> {
    this.#closed ??= this.#close(drainMs)
    return this.#closed
  }

  async [Symbol.asyncDispose] (): Promise<void> { await this.close() }

  /** While the backend is away: the last value seen, marked stale. */
  get<T> (key: string): Promise<Value<T> | undefined> { return this.#values.get<T>(key) }

  /** @throws Conflict, Fenced, InvalidValue, SessionLost, Unavailable */
  set (key: string, value: unknown, options?: SetOptions): Promise<bigint> { return this.#values.set(key, value, options) }

  /** @throws Conflict, Fenced, Unavailable */
  delete (key: string, options?: WriteOptions): Promise<boolean> { return this.#values.delete(key, options) }

  /** Present values of keys that begin with `prefix`, then every change; see `watchValues`. */
  watch<T> (prefix: string, { signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<Change<T>, void, undefined> {
    const stop = signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal])
    return watchValues<T>(this.hub, prefix, stop)
  }

  /** While the backend is away: those last seen. */
  async instances (): Promise<readonly Instance[]> {
    return await this.registry.instances().catch(() => this.registry.lastSeen())
  }

  /** Told to the other instances with the next renewal. */
  report (health: ComponentHealth): void { this.registry.report(health) }

  /** The election of this name. @throws OptionsDiffer, InvalidCoordinatorOption, TooManyNames */
  elect (name: string, options: ElectionOptions = {}): Election {
    return this.#elections.obtain(name, options, (settings) => {
      const election = new Election(name, settings, {
        link: this.link,
        hub: this.hub,
        clock: this.#clock,
        id: this.id,
        scope: this.#scope,
        retryMs: this.timings.retryMs,
        leases: this.#leases,
        tenure: () => this.#session.tenure,
        isolated: () => this.#mode === 'degraded',
        onChange: (listener) => this.onChange(listener),
        serverTime: () => this.#serverTime(),
        highestEpoch: () => this.#highestEpoch,
        sawEpoch: (epoch) => { this.#sawEpoch(epoch) },
        changed: (election, leadership, what) => { this.#leaderChanged(election, leadership, what) }
      })
      if (this.#resigned) election.close()
      return election
    })
  }

  /** The queue of this name. @throws OptionsDiffer, InvalidCoordinatorOption, TooManyNames */
  queue<T> (name: string, options: QueueOptions = {}): DistributedQueue<T> {
    return this.#queues.obtain(name, options, ({ buffer, ...limits }) => new DistributedQueue<unknown>(name, { ...limits, buffer }, {
      driver: this.#queueDriver(name, limits),
      clock: this.#clock,
      maxValueBytes: this.capabilities.maxValueBytes,
      pollMs: this.timings.syncMs,
      retryMs: this.timings.retryMs,
      operationId: () => this.link.operationId()
    })) as DistributedQueue<T>
  }

  /** This instance's share of the capacity of this name. @throws OptionsDiffer, InvalidCoordinatorOption, TooManyNames */
  capacity (name: string, options: CapacityOptions): CapacityShare {
    return this.#shares.obtain(name, options, (settings) => {
      const share = new CapacityShare(name, settings, {
        driver: this.#capacityDriver(name),
        alone: this.capabilities.scope === 'process',
        clock: this.#clock,
        retryMs: this.timings.retryMs,
        operationId: () => this.link.operationId(),
        changed: (changed, what) => { this.#shareChanged(changed, what) }
      })
      if (this.#session.tenure !== undefined) share.opened(this.#session.tenure, false)
      return share
    })
  }

  /** The rate of this name. @throws OptionsDiffer, InvalidCoordinatorOption, TooManyNames */
  quota (name: string, options: QuotaOptions): Quota {
    return this.#quotas.obtain(name, options, (settings) => new Quota(name, settings, {
      driver: this.#quotaDriver(name),
      clock: this.#clock,
      operationId: () => this.link.operationId(),
      isolated: () => this.#mode === 'degraded',
      instances: () => this.registry.known
    }))
  }

  /** Calls `listener` after every change of mode or session. */
  onChange (listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  /** An epoch of scope `local` is issued where no store is shared. */
  get #scope (): 'local' | 'shared' { return this.capabilities.scope === 'process' ? 'local' : 'shared' }

  #queueDriver (name: string, limits: QueueLimits): QueueDriver {
    const native = this.link.driver.queue?.(name, limits)
    return native === undefined ? new CommitQueue(name, limits, { link: this.link, hub: this.hub, clock: this.#clock }) : linkedQueue(this.link, native)
  }

  #capacityDriver (name: string): CapacityDriver {
    const native = this.link.driver.capacity?.(name)
    return native === undefined ? new CommitCapacity({ name, link: this.link, hub: this.hub, clock: this.#clock, graceMs: this.timings.graceMs }) : linkedCapacity(this.link, native)
  }

  #quotaDriver (name: string): QuotaDriver {
    const native = this.link.driver.quota?.(name)
    return native === undefined ? new CommitQuota(name, { link: this.link, serverTime: () => this.#serverTime() }) : linkedQuota(this.link, native)
  }

  async #connect (): Promise<boolean> {
    return await this.link.within(this.timings.connectTimeoutMs, () => this.#session.start(), false).catch((error: unknown) => {
      this.#unreachable(error)
      return false
    })
  }

  async #close (drainMs: number): Promise<void> {
    await this.#within(drainMs, async () => {
      await this.resign()
      await Promise.allSettled([...this.#shares].map((share) => share.close()))
      await this.#session.close()
    })
    this.#closing.abort()
    await this.#session.close()
    this.registry.close()
    this.hub.close()
    this.broadcasts.close()
    await this.#within(drainMs, () => this.link.driver.close())
  }

  /** A step of the way out: one that hangs, rejects or throws does not stop the others. */
  async #within (ms: number, step: () => Promise<void>): Promise<void> {
    await this.link.within(ms, step, false).catch(() => {})
  }

  #opened (tenure: Tenure, pulse: Pulse, previous: { readonly tenure: Tenure, readonly dataLost: boolean } | undefined): void {
    this.#learnTime(pulse)
    if (previous?.dataLost === true) this.#record('data-lost', `The backend has lost its data; no election and no new capacity for ${Math.ceil(pulse.quarantineMs)} ms, until whatever was held before is over.`, 'warning')
    if (this.#mode !== 'single') this.#become('cluster', previous === undefined && !this.#warned ? 'The backend is there.' : 'The backend is back.')
    this.hub.synchronise(pulse)
    this.registry.register()
    for (const share of this.#shares) share.opened(tenure, previous?.dataLost === true)
    if (previous?.dataLost === true) for (const quota of this.#quotas) quota.dataLost()
    this.#flush()
    this.#tell()
  }

  #pulse (pulse: Pulse, followed: readonly string[]): void {
    this.#learnTime(pulse)
    if (pulse.remainingMs !== undefined) this.#leases.learn(followed, pulse.remainingMs)
    this.registry.delivered()
    this.hub.synchronise(pulse)
    this.#flush()
  }

  #lost (tenure: Tenure, why: 'deadline' | 'session-lost'): void {
    this.counters.sessionsLost += 1
    for (const share of this.#shares) share.lost(tenure.deadline)
    this.#become('degraded', why === 'deadline' ? `No renewal was answered for ${this.timings.ttlMs} ms.` : 'The backend does not know this session any more.')
    this.#tell()
  }

  #unreachable (error: unknown): void {
    if (this.#warned) return
    this.#warned = true
    this.#record('unreachable', `The backend ${this.link.driver.name} cannot be reached (${reasonOf(error)}); this instance goes on without it and tries again every ${Math.round(this.timings.reconnectMs)} ms.`, 'warning')
  }

  #become (mode: CoordinatorMode, why: string): void {
    this.#mode = mode
    this.counters.modeChanges += 1
    if (mode === 'cluster') this.#warned = false
    this.#record('mode-changed', `Mode ${mode}. ${why}`, mode === 'degraded' ? 'warning' : 'info', { mode })
  }

  #leaderChanged (name: string, leadership: Leadership, what: 'elected' | 'over'): void {
    const { epoch, scope } = leadership.fence
    if (what === 'elected') this.counters.elected += 1
    this.#record(what === 'elected' ? 'elected' : 'leadership-over', `${what === 'elected' ? 'Leads' : 'No longer leads'} ${name} in ${scope} epoch ${epoch}.`, 'info', { election: name, epoch: String(epoch), scope })
  }

  #shareChanged (share: CapacityShare, what: 'granted' | 'other-total'): void {
    if (what === 'granted') this.#record('share-changed', `${share.granted} of ${share.total} permits of ${share.name}, ${share.inUse} in use.`, 'info', { capacity: share.name, granted: share.granted })
    else this.#record('total-differs', `Another instance has a total of ${share.total} for ${share.name}; the lowest rules.`, 'warning', { capacity: share.name, total: share.total })
  }

  #flush (): void {
    for (const queue of this.#queues) if (queue.buffered > 0) queue.flush()
  }

  #tell (): void {
    for (const listener of [...this.#listeners]) listener()
  }

  #learnTime ({ serverTime }: Pulse): void { this.#serverOffset = serverTime - this.#clock.now() }

  #serverTime (): number { return this.#clock.now() + this.#serverOffset }

  #sawEpoch (epoch: bigint): void { if (epoch > this.#highestEpoch) this.#highestEpoch = epoch }

  #record (event: string, message: string, severity: NonNullable<JournalEvent['severity']>, data: { readonly [key: string]: Json } = {}): void {
    this.#journal?.record({ component: 'coordinator', event, message, severity, data })
  }
}
