import type { Clock, ClockTimer } from '../clock.ts'
import type { ComponentHealth, Json } from '../component.ts'
import { count, decodeRecord, encodeJson } from './codec.ts'
import type { Entry, Operation } from './driver.ts'
import { keys } from './keys.ts'
import type { Link } from './link.ts'
import { ABSENT } from './revision.ts'
import type { Tenure } from './tenure.ts'
import type { Subscription, WatchHub } from './watch-hub.ts'

export interface Instance {
  readonly id: string
  /** Of one life of the process: a new one after every start. */
  readonly incarnation: string
  readonly meta: { readonly [key: string]: Json }
  readonly health: ComponentHealth
  /** Since its last renewal, as the store has it. */
  readonly seenAgoMs: number
}

export interface RegistryPorts {
  readonly link: Link
  readonly hub: WatchHub
  readonly clock: Clock
  readonly id: string
  readonly incarnation: string
  readonly meta: { readonly [key: string]: Json }
  readonly ttlMs: number
  readonly retryMs: number
  readonly tenure: () => Tenure | undefined
  readonly highestEpoch: () => bigint
  readonly sawEpoch: (epoch: bigint) => void
  /** Another living process has this instance's id. */
  readonly duplicate: (holder: string) => void
  readonly changed: (count: number) => void
}

const PREFIX = keys.instance('')

/**
 * Who is there, and how they are. The id is claimed: a second living process of the same id is refused and told so, while
 * one that was killed and came back only waits for its predecessor's session to end.
 */
export class Registry {
  readonly #ports: RegistryPorts
  readonly #subscription: Subscription
  #health: ComponentHealth = { status: 'ok' }
  /** What was reported and is not yet with the store. */
  #reported = 0
  #stored = 0
  #sent = 0
  #registered: Tenure | undefined
  #refused = 0
  #retry: ClockTimer | undefined

  constructor (ports: RegistryPorts) {
    this.#ports = ports
    this.#subscription = ports.hub.subscribe(PREFIX, ({ key, entry }) => {
      const record = entry === undefined ? undefined : decodeRecord(entry.value)
      ports.sawEpoch(BigInt(count(record?.['epoch'])))
      if (entry === undefined && key === keys.instance(ports.id)) this.register()
      ports.changed(this.known)
    })
  }

  /** Instances known at this moment, without I/O; at least 1, this one. */
  get known (): number { return Math.max(1, this.#subscription.mirror.size) }

  get registered (): boolean { return this.#registered !== undefined && this.#registered === this.#ports.tenure() }

  /** Another living process has the id. */
  get refused (): boolean { return this.#refused >= 2 && !this.registered }

  /** @throws Unavailable */
  async instances (): Promise<readonly Instance[]> {
    const listed = await this.#ports.link.listAll(PREFIX, Infinity)
    return listed!.entries.flatMap((entry) => this.#read(entry))
  }

  /** Those last seen: for when the backend is away. */
  lastSeen (): readonly Instance[] {
    return [...this.#subscription.mirror.entries()].flatMap((entry) => this.#read(entry))
  }

  /** Kept, and told with the next renewal. */
  report (health: ComponentHealth): void {
    this.#health = health
    this.#reported += 1
  }

  /** What rides on a renewal: nothing, unless something was reported since the last. */
  payload (): readonly Operation[] {
    const tenure = this.#registered
    if (tenure === undefined || !this.registered || this.#stored === this.#reported) return []
    this.#sent = this.#reported
    return [this.#put(tenure)]
  }

  /** The renewal with the payload was answered. */
  delivered (): void { this.#stored = Math.max(this.#stored, this.#sent) }

  /** Claims the id under the present session; tries again until it has it. */
  async register (): Promise<void> {
    const { link, tenure, clock, retryMs, duplicate } = this.#ports
    const mine = tenure()
    if (mine === undefined || this.registered) return
    this.#retry?.cancel()
    let wait = retryMs
    try {
      const result = await link.commit([{ key: keys.instance(this.#ports.id), revision: ABSENT }], [this.#put(mine)])
      // Its own record: a claim whose answer was lost.
      if (result.ok || result.current?.session === mine.session) {
        // A late answer for an earlier session says nothing of this one.
        if (tenure() === mine) this.#registered = mine
        this.#refused = 0
        return
      }
      if (result.reason === 'conflict') {
        this.#refused += 1
        const holder = result.current!
        wait = (holder.expiresInMs ?? 0) + retryMs
        // Refused again after the holder's lease would have run out: the holder lives.
        if (this.#refused === 2) duplicate(String(decodeRecord(holder.value)?.['incarnation']))
      }
    } catch {
      // The backend is away; the claim is repeated.
    }
    if (tenure() === mine) this.#retry = clock.after(wait, () => { this.register() })
  }

  close (): void {
    this.#retry?.cancel()
    this.#subscription.stop()
  }

  #put ({ session }: Tenure): Operation {
    const { id, incarnation, meta, link, highestEpoch } = this.#ports
    const record = { id, incarnation, meta, health: this.#health, epoch: Number(highestEpoch()) }
    return { put: keys.instance(id), value: encodeJson(id, record, link.driver.capabilities.maxValueBytes), session }
  }

  #read (entry: Entry): Instance[] {
    const record = decodeRecord(entry.value)
    if (typeof record?.['id'] !== 'string' || typeof record['incarnation'] !== 'string') return []
    return [{
      id: record['id'],
      incarnation: record['incarnation'],
      meta: record['meta'] as Instance['meta'],
      health: record['health'] as ComponentHealth,
      seenAgoMs: entry.expiresInMs === undefined ? 0 : Math.max(0, this.#ports.ttlMs - entry.expiresInMs)
    }]
  }
}
