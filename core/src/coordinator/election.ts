import type { Clock } from '../clock.ts'
import { count, decodeRecord, encodeJson } from './codec.ts'
import type { CommitResult, Entry } from './driver.ts'
import type { ElectionSettings } from './election-options.ts'
import type { Fence } from './fence.ts'
import type { FollowedLeases } from './followed-leases.ts'
import { keys } from './keys.ts'
import { Leadership } from './leadership.ts'
import type { Link } from './link.ts'
import type { Mirror } from './mirror.ts'
import { ABSENT } from './revision.ts'
import { Tenure } from './tenure.ts'
import { Wakeable } from './wakeable.ts'
import type { WatchHub } from './watch-hub.ts'

export interface Leader {
  readonly id: string
  readonly epoch: bigint
}

export interface ElectionPorts {
  readonly link: Link
  readonly hub: WatchHub
  readonly clock: Clock
  readonly id: string
  readonly scope: Fence['scope']
  readonly retryMs: number
  readonly leases: FollowedLeases
  readonly tenure: () => Tenure | undefined
  readonly isolated: () => boolean
  /** Woken at every change of mode or session. */
  readonly onChange: (listener: () => void) => () => void
  /** The store's Unix milliseconds, as of now. */
  readonly serverTime: () => number
  /** The highest epoch that this instance has seen, of any election, its own and those that the registry told of. */
  readonly highestEpoch: () => bigint
  readonly sawEpoch: (epoch: bigint) => void
  readonly changed: (name: string, leadership: Leadership, what: 'elected' | 'over') => void
}

interface Seen {
  readonly leader: Entry | undefined
  readonly epoch: Entry | undefined
}

/** One leader of a name among all instances, by a record that dies with its holder's session. */
export class Election {
  readonly name: string
  readonly #ports: ElectionPorts
  readonly #whenIsolated: 'follow' | 'lead'
  readonly #closing = new AbortController()
  #leadership: Leadership | undefined
  #turn: Promise<void> = Promise.resolve()
  #resigned: Promise<unknown> = Promise.resolve()
  #lastLeader: Leader | undefined

  constructor (name: string, { whenIsolated }: ElectionSettings, ports: ElectionPorts) {
    this.name = name
    this.#whenIsolated = whenIsolated
    this.#ports = ports
  }

  /** This instance's own leadership, while it is held. */
  get leadership (): Leadership | undefined {
    return this.#leadership?.isHeld() === true ? this.#leadership : undefined
  }

  /** Who leads; while the backend is away, who was last seen leading. */
  async leader (): Promise<Leader | undefined> {
    try {
      this.#lastLeader = leaderOf((await this.#look()).leader)
    } catch {
      // Away: the last one seen is all that is known.
    }
    return this.#lastLeader
  }

  /**
   * Campaigns, runs `task` as the leader, and campaigns again after a loss, but never before a task that ignores its
   * signal has ended. Returns when a task ends while it leads, or when `signal` is aborted; rejects with what a task that
   * leads throws. Either way it has resigned.
   */
  async run (task: (leadership: Leadership) => Promise<void>, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const stop = signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal])
    // Candidates of one process share its session, which is the identity: they take turns.
    const turn = this.#turn.then(() => this.#campaignAndLead(task, stop))
    this.#turn = turn.then(() => {}, () => {})
    await turn
  }

  /** Resigns and stops campaigning. */
  async close (): Promise<void> {
    this.#closing.abort()
    await this.#leadership?.resign()
  }

  async #campaignAndLead (task: (leadership: Leadership) => Promise<void>, stop: AbortSignal): Promise<void> {
    const sleeper = new Wakeable(this.#ports.clock, stop)
    const stopChange = this.#ports.onChange(() => { sleeper.wake() })
    const watching = this.#ports.hub.subscribe(keys.leader(this.name), (change) => {
      this.#recordChanged(change.entry)
      if (change.entry === undefined) sleeper.wake()
    })
    try {
      while (!stop.aborted) {
        const leadership = await this.#campaign(sleeper, watching.mirror, stop)
        if (leadership === undefined || await this.#lead(leadership, watching.mirror, task, stop)) return
      }
    } finally {
      watching.stop()
      stopChange()
    }
  }

  /** Whether it is done for good. */
  async #lead (leadership: Leadership, watched: Mirror, task: (leadership: Leadership) => Promise<void>, stop: AbortSignal): Promise<boolean> {
    const { changed } = this.#ports
    const resign = (): void => { leadership.resign() }
    const stopChange = this.#ports.onChange(() => { if (leadership.fence.revision === ABSENT && !this.#ports.isolated()) leadership.end() })
    stop.addEventListener('abort', resign)
    this.#leadership = leadership
    // The push of its own record, and of that record's end, may have come before the answer to the take.
    this.#recordChanged(watched.get(keys.leader(this.name)))
    changed(this.name, leadership, 'elected')
    try {
      if (stop.aborted) await leadership.resign()
      else await task(leadership)
      const held = leadership.isHeld()
      return held || stop.aborted
    } catch (error) {
      // What a task throws because its leadership was lost under it is no answer to anybody.
      if (leadership.isHeld()) throw error
    } finally {
      stop.removeEventListener('abort', resign)
      stopChange()
      this.#leadership = undefined
      await leadership.resign()
      changed(this.name, leadership, 'over')
    }
    return stop.aborted
  }

  /** Ends the leadership when the store shows another record than its own, or none: an operator released it. */
  #recordChanged (entry: Entry | undefined): void {
    const leadership = this.#leadership
    if (leadership === undefined || leadership.fence.revision === ABSENT) return
    if (entry?.revision !== leadership.fence.revision) leadership.end()
  }

  async #campaign (sleeper: Wakeable, watched: Mirror, stop: AbortSignal): Promise<Leadership | undefined> {
    const { retryMs } = this.#ports
    let seen: Seen | undefined
    while (!stop.aborted) {
      await this.#resigned
      const tenure = this.#ports.tenure()
      if (tenure === undefined) {
        if (this.#whenIsolated === 'lead' && this.#ports.isolated()) return this.#leadAlone()
        await sleeper.sleep(retryMs)
        continue
      }
      try {
        seen ??= await this.#look()
        const { leader, epoch } = seen
        if (leader === undefined) {
          const taken = await this.#take(tenure, seen, watched)
          if (taken instanceof Leadership) return taken
          seen = taken
          if (seen === undefined) await sleeper.sleep(retryMs)
        } else {
          await this.#outlast(leader, sleeper)
          seen = { leader: undefined, epoch }
        }
      } catch {
        seen = undefined
        await sleeper.sleep(retryMs)
      }
    }
    return undefined
  }

  /** Until the leader's session has run out by the latest that is known of it; a push wakes it earlier. */
  async #outlast ({ session = '', expiresInMs }: Entry, sleeper: Wakeable): Promise<void> {
    const { clock, leases, retryMs } = this.#ports
    const lease = leases.follow(session, expiresInMs ?? retryMs)
    let woken
    do {
      // The store's expiry, 2 ms and up to 10 of spread: the herd does not come at once.
      woken = await sleeper.sleep(Math.max(0, lease.remainingMs) + 2 + 10 * clock.random())
    } while (!woken && lease.remainingMs > 0)
    leases.leave(session)
  }

  async #look (): Promise<Seen> {
    const { entries } = await this.#ports.link.list(keys.election(this.name), 2)
    return {
      leader: entries.find(({ key }) => key === keys.leader(this.name)),
      epoch: entries.find(({ key }) => key === keys.epoch(this.name))
    }
  }

  /** The leadership; or what stands against it, to go on with; or nothing, to wait and look again. */
  async #take (tenure: Tenure, { epoch: stored }: Seen, watched: Mirror): Promise<Leadership | Seen | undefined> {
    const { link, id, serverTime, highestEpoch } = this.#ports
    const epoch = Math.max(epochOf(stored) + 1, Math.floor(serverTime()), Number(highestEpoch()) + 1)
    const value = encodeJson(this.name, { id, epoch }, link.driver.capabilities.maxValueBytes)
    const operation = link.operationId()
    let result: CommitResult
    try {
      result = await link.commit([
        { calm: true },
        { key: keys.leader(this.name), revision: ABSENT },
        { key: keys.epoch(this.name), revision: stored?.revision ?? ABSENT }
      ], [
        { put: keys.leader(this.name), value, session: tenure.session },
        { put: keys.epoch(this.name), value }
      ], operation)
    } catch {
      // It may arrive yet, when nobody here campaigns any more: settle what became of it.
      result = await this.#settle(tenure, () => link.cancel(operation))
    }
    if (result.ok) {
      const { revision } = result
      // So that its deletion is told even where its push was lost.
      watched.learn({ key: keys.leader(this.name), value, revision, session: tenure.session })
      return this.#leadershipOf(tenure, epoch, revision)
    }
    if (result.reason !== 'conflict') return undefined
    if (result.key === keys.leader(this.name)) return { leader: result.current, epoch: stored }
    return { leader: undefined, epoch: result.current }
  }

  /** Until the store has said what became of a request, or the session that it was for is over, and its record with it. */
  async #settle (tenure: Tenure, ask: () => Promise<CommitResult>): Promise<CommitResult> {
    const sleeper = new Wakeable(this.#ports.clock)
    while (tenure.isHeld()) {
      try {
        return await ask()
      } catch {
        await sleeper.sleep(this.#ports.retryMs)
      }
    }
    return { ok: false, reason: 'session' }
  }

  #leadershipOf (tenure: Tenure, epoch: number, revision: bigint): Leadership {
    const { link, scope, sawEpoch } = this.#ports
    sawEpoch(BigInt(epoch))
    const key = keys.leader(this.name)
    return new Leadership({
      fence: { name: this.name, epoch: BigInt(epoch), scope, revision },
      tenure,
      verify: async () => (await link.get(key))?.revision === revision,
      giveUp: async () => {
        const operation = link.operationId()
        const resigned = this.#settle(tenure, () => link.commit([{ key, revision }], [{ delete: key }], operation))
        // Nobody here campaigns before it is known: a late delete would take the next leadership away unseen.
        this.#resigned = resigned
        await resigned
      }
    })
  }

  #leadAlone (): Leadership {
    const { clock, highestEpoch, sawEpoch } = this.#ports
    const epoch = BigInt(Math.max(Math.floor(clock.wallTime()), Number(highestEpoch()) + 1))
    sawEpoch(epoch)
    return new Leadership({
      fence: { name: this.name, epoch, scope: 'local', revision: ABSENT },
      tenure: new Tenure('isolated', Infinity, clock),
      verify: async () => true,
      giveUp: async () => {}
    })
  }
}

function leaderOf (entry: Entry | undefined): Leader | undefined {
  const record = entry === undefined ? undefined : decodeRecord(entry.value)
  return typeof record?.['id'] === 'string' ? { id: record['id'], epoch: BigInt(count(record['epoch'])) } : undefined
}

function epochOf (entry: Entry | undefined): number {
  return entry === undefined ? 0 : count(decodeRecord(entry.value)?.['epoch'])
}
