import type { Clock } from '../clock.ts'
import type { CapacityDriver, ShareGrant, ShareReport } from './capacity-driver.ts'
import { count, decodeRecord, encodeJson, isRecord } from './codec.ts'
import type { Check, CommitResult, Entry } from './driver.ts'
import { fairShare } from './fair-share.ts'
import { keys } from './keys.ts'
import type { Link } from './link.ts'
import type { Mirror } from './mirror.ts'
import { ABSENT, generationOf } from './revision.ts'
import type { WatchHub } from './watch-hub.ts'

export interface CommitCapacityOptions {
  readonly name: string
  readonly link: Link
  readonly hub: WatchHub
  readonly clock: Clock
  /** What the dead are given to bring their permits back. */
  readonly graceMs: number
  readonly maxHolders?: number
}

interface Holder {
  readonly granted: number
  readonly wants: number
  readonly inUse: number
  readonly total: number
  readonly floor: number
}

type Holders = ReadonlyMap<string, Holder>

const ATTEMPTS = 16

/**
 * Capacity with commits: one record holds what every session was granted, wants and has in use. Each instance writes only
 * its own line, so the granted never sum to more than the total; and it takes out the line of a session that it has itself
 * known to be dead for the grace.
 */
export class CommitCapacity implements CapacityDriver {
  readonly #name: string
  readonly #key: string
  readonly #link: Link
  readonly #hub: WatchHub
  readonly #clock: Clock
  readonly #graceMs: number
  readonly #maxHolders: number
  /** Clock milliseconds by which a session was seen to be dead. */
  readonly #deadSince = new Map<string, number>()
  #live: Mirror | undefined
  #record: Entry | undefined
  /** What the record says; left out until it is asked for. */
  #holders: Holders | undefined
  #known = false
  /** A commit of this instance is not answered: it may come yet, unless another one is made before it. */
  #unsettled = false

  constructor ({ name, link, hub, clock, graceMs, maxHolders = 1_024 }: CommitCapacityOptions) {
    this.#name = name
    this.#key = keys.capacity(name)
    this.#link = link
    this.#hub = hub
    this.#clock = clock
    this.#graceMs = graceMs
    this.#maxHolders = maxHolders
  }

  async report (operation: string, report: ShareReport): Promise<ShareGrant | undefined> {
    let calm = true
    for (let attempt = 1; ; attempt++) {
      // The revision of what was read: a push may bring a newer record before the commit.
      const { holders, revision } = await this.#read()
      const expired = await this.#expired(holders, report.session)
      const next = new Map(holders)
      for (const session of expired) next.delete(session)
      const before = holders.get(report.session)
      const carried = this.#clock.now() < report.carriedUntil
      const held = carried ? report.has : Math.min(report.has, before?.granted ?? 0)
      const decision = decide(next, report, held)
      const grant = calm ? decision : { ...decision, granted: held }
      const mine: Holder = { granted: grant.granted, wants: report.wants, inUse: report.inUse, total: report.total, floor: report.floor }
      next.set(report.session, mine)
      if (before === undefined && next.size > this.#maxHolders) return { ...grant, granted: 0, target: 0 }
      if (!this.#unsettled && expired.length === 0 && before !== undefined && same(before, mine)) return this.#answer(grant, calm)

      const grows = mine.granted > Math.max(before?.granted ?? 0, carried ? report.has : 0)
      const checks: Check[] = [
        { session: report.session },
        ...(grows ? [{ calm: true } as const] : []),
        { key: this.#key, revision },
        ...expired.map((session) => ({ key: keys.live(session), revision: ABSENT }))
      ]
      const result = await this.#write(checks, next, `${operation}.${attempt}`)
      if (result.ok) return this.#answer(grant, calm)
      if (result.reason === 'session') return undefined
      // In quarantine nothing grows, but what is held is to be known.
      if (result.reason === 'quarantine') calm = false
      if (attempt === ATTEMPTS) return this.#answer({ ...grant, granted: held }, false)
    }
  }

  async leave (operation: string, session: string): Promise<void> {
    let gone = false
    for (let attempt = 1; !gone; attempt++) {
      const { holders, revision } = await this.#read()
      const next = new Map(holders)
      gone = !next.delete(session) || (await this.#write([{ key: this.#key, revision }], next, `${operation}.${attempt}`)).ok
    }
  }

  onChange (listener: () => void): () => void {
    const record = this.#hub.subscribe(this.#key, ({ key, entry }) => {
      if (key !== this.#key) return
      this.#learn(entry)
      listener()
    })
    const dead = this.#hub.subscribe(keys.live(''), ({ entry }) => { if (entry === undefined) listener() })
    this.#live = dead.mirror
    return () => {
      record.stop()
      dead.stop()
      this.#live = undefined
    }
  }

  async #write (checks: readonly Check[], holders: Holders, operation: string): Promise<CommitResult> {
    const value = encodeJson(this.#name, { holders: Object.fromEntries(holders) }, this.#link.driver.capabilities.maxValueBytes)
    this.#known = false
    this.#unsettled = true
    const result = await this.#link.commit(checks, [{ put: this.#key, value }], operation)
    this.#unsettled = false
    if (result.ok) this.#learn({ key: this.#key, value, revision: result.revision }, holders)
    else if (result.key === this.#key) this.#learn(result.current)
    return result
  }

  /** Where a grace or the quarantine runs, or others were always faster, this is to be asked again. */
  #answer (grant: ShareGrant, settled: boolean): ShareGrant {
    if (!settled) return { ...grant, againInMs: this.#graceMs * (0.1 + 0.1 * this.#clock.random()) }
    if (this.#deadSince.size === 0) return grant
    return { ...grant, againInMs: Math.max(1, Math.min(...this.#deadSince.values()) + this.#graceMs - this.#clock.now()) }
  }

  /** Pushes and answers overtake one another: what is older than what is known says nothing. */
  #learn (record: Entry | undefined, holders?: Holders): void {
    const known = this.#record
    this.#known = true
    if (record !== undefined && known !== undefined && known.revision >= record.revision && generationOf(known.revision) === generationOf(record.revision)) return
    this.#record = record
    this.#holders = holders
  }

  async #read (): Promise<{ readonly holders: Holders, readonly revision: bigint }> {
    if (!this.#known) this.#learn(await this.#link.get(this.#key))
    this.#holders ??= holdersOf(this.#record)
    return { holders: this.#holders, revision: this.#record?.revision ?? ABSENT }
  }

  /**
   * Sessions dead for the grace, counted on this clock from an answer of the store that they are gone: what a lagging
   * watch shows could begin the grace while the holder still lives.
   */
  async #expired (holders: Holders, mine: string): Promise<readonly string[]> {
    for (const session of [...this.#deadSince.keys()]) if (!holders.has(session)) this.#deadSince.delete(session)
    const sessions = [...holders.keys()].filter((session) => session !== mine)
    const suspects = sessions.filter((session) => !this.#deadSince.has(session) && this.#live?.get(keys.live(session)) === undefined)
    for (const session of suspects) {
      if (await this.#link.get(keys.live(session)) === undefined) this.#deadSince.set(session, this.#clock.now())
    }
    const now = this.#clock.now()
    return sessions.filter((session) => now - (this.#deadSince.get(session) ?? Infinity) >= this.#graceMs)
  }
}

function holdersOf (record: Entry | undefined): Holders {
  const holders = new Map<string, Holder>()
  const written = record === undefined ? undefined : decodeRecord(record.value)?.['holders']
  for (const [session, holder] of Object.entries(isRecord(written) ? written : {})) {
    if (!isRecord(holder)) continue
    const { granted, wants, inUse, total, floor } = holder
    holders.set(session, { granted: count(granted), wants: count(wants), inUse: count(inUse), total: count(total), floor: count(floor) })
  }
  return holders
}

/** What a report leads to, among the holders that are left. Pure: every instance computes the same targets. */
function decide (holders: Holders, report: ShareReport, held: number): ShareGrant {
  const demands = [{ key: report.session, wants: report.wants, floor: report.floor }]
  let total = report.total
  let others = 0
  for (const [session, holder] of holders) {
    if (session === report.session) continue
    demands.push({ key: session, wants: holder.wants, floor: holder.floor })
    total = Math.min(total, holder.total)
    others += holder.granted
  }
  // What it has is never taken away under it; beyond that, only what nobody has.
  const target = Math.min(fairShare(total, demands).get(report.session)!, Math.max(0, total - others))
  return { granted: Math.max(held, target), total, target }
}

/** Permits in use are for people: they alone are no reason for a commit. */
function same (a: Holder, b: Holder): boolean {
  return a.granted === b.granted && a.wants === b.wants && a.total === b.total && a.floor === b.floor
}
