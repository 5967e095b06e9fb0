import { isCoordinatorError } from '@plimsoll/core'
import type { Clock, Coordinator, Election, Fence } from '@plimsoll/core'
import { readRecord } from './alert-record.ts'
import type { AlertRecord } from './alert-record.ts'
import type { Told } from './alert-group.ts'
import { readSilence } from './silences.ts'
import type { Silence } from './silences.ts'

export interface SharedAlertsPorts {
  readonly coordinator: Coordinator
  readonly clock: Clock
  readonly whenIsolated: 'lead' | 'follow'
  /** Another instance's alert has changed. */
  readonly record: (record: AlertRecord) => void
  /** Another instance's alert is not told of any more, by its own account or because nothing was heard of it for long. */
  readonly gone: (instance: string, fingerprint: string) => void
  /** What the leader has told of a group; `undefined`: nothing, any more. */
  readonly told: (group: string, told: Told | undefined) => void
  readonly silence: (id: string, silence: Silence | undefined) => void
}

/** A record outlives its instance by so long: another leader has to see what the one that was killed did not tell. */
const FIRING_TTL_MS = 300_000
const RENEW_MS = 100_000
const RESOLVED_TTL_MS = 900_000
const TOLD_TTL_MS = 24 * 3_600_000

/** Foreign records that are followed, and writes that wait for the store to come back; of more, the oldest go. */
const MAX_RECORDS = 2000
const MAX_DIRTY = 2000
const MAX_TOLD_ALERTS = 500

const ACTIVE = 'alerts/active/'
const TOLD = 'alerts/told/'
const SILENCES = 'alerts/silences/'

interface Write {
  /** `undefined` deletes. */
  readonly value: unknown
  readonly ttlMs: number
  readonly fence?: Fence
}

/**
 * The instances' alerts, silences and what was told of them, in the coordinator's store: each instance writes its own
 * alerts, the leader what it has told, and all see everything. What can't be written waits, and is written when the store
 * is back. While it is away an instance goes by what it knows itself.
 */
export class SharedAlerts {
  readonly #ports: SharedAlertsPorts
  readonly #election: Election
  readonly #stop = new AbortController()
  readonly #own: Map<string, AlertRecord> = new Map()
  readonly #foreign: Set<string> = new Set()
  readonly #dirty: Map<string, Write> = new Map()
  #flushing = false
  #flushed: Promise<void> = Promise.resolve()
  #renewedAt = 0
  #leaveMode: (() => void) | undefined

  constructor (ports: SharedAlertsPorts) {
    this.#ports = ports
    this.#election = ports.coordinator.elect('alerts', { whenIsolated: ports.whenIsolated })
  }

  /** Who this instance may speak for at this moment. */
  get voice (): 'all' | 'itself' | 'none' {
    const { leadership } = this.#election
    if (leadership === undefined) return 'none'
    return leadership.fence.scope === 'local' && this.#ports.coordinator.mode !== 'single' ? 'itself' : 'all'
  }

  start (): void {
    const { coordinator } = this.#ports
    const { signal } = this.#stop
    this.#election.run(async ({ signal: over }) => await aborted(over), { signal })
    for (const [prefix, read] of [[ACTIVE, this.#readActive], [TOLD, this.#readTold], [SILENCES, this.#readSilence]] as const) this.#follow(prefix, read.bind(this))
    this.#leaveMode = coordinator.onChange(() => {
      if (coordinator.mode === 'cluster') this.#renew()
    })
  }

  /** To be called every second or so. */
  tick (): void {
    const now = this.#ports.clock.now()
    if (now - this.#renewedAt >= RENEW_MS) this.#renew()
    this.#flush()
  }

  /** Tells the others of an alert of this instance. */
  publish (record: AlertRecord): void {
    if (record.status === 'firing') this.#own.set(record.fingerprint, record)
    else this.#own.delete(record.fingerprint)
    this.#write(this.#activeKey(record.fingerprint), { value: record, ttlMs: record.status === 'firing' ? FIRING_TTL_MS : RESOLVED_TTL_MS })
  }

  /** Tells the next leader what was told of a group. Only a leader's word is taken. */
  tell (group: string, { alerts, repeat, over }: Told): void {
    const fence = this.#election.leadership?.fence
    if (fence?.scope !== 'shared') return
    const value: Told = { alerts: alerts.slice(0, MAX_TOLD_ALERTS), repeat, over: over.slice(0, MAX_TOLD_ALERTS) }
    this.#write(TOLD + group, { value, ttlMs: TOLD_TTL_MS, fence })
  }

  silence (silence: Silence): void {
    this.#write(SILENCES + silence.id, { value: silence, ttlMs: Math.max(1, silence.until - this.#ports.clock.wallTime()) })
  }

  unsilence (id: string): void { this.#write(SILENCES + id, { value: undefined, ttlMs: 0 }) }

  /** Writes what waits, where the store is there; to be called before the coordinator leaves. */
  async settle (): Promise<void> {
    await this.#flushed
    await this.#flush()
  }

  stop (): void {
    this.#stop.abort()
    this.#leaveMode?.()
  }

  #activeKey (fingerprint: string): string { return `${ACTIVE}${encodeURIComponent(this.#ports.coordinator.id)}/${fingerprint}` }

  #renew (): void {
    this.#renewedAt = this.#ports.clock.now()
    for (const record of this.#own.values()) this.publish(record)
  }

  #write (key: string, write: Write): void {
    this.#dirty.delete(key)
    this.#dirty.set(key, write)
    const [oldest] = this.#dirty.keys()
    if (this.#dirty.size > MAX_DIRTY && oldest !== undefined) this.#dirty.delete(oldest)
    this.#flush()
  }

  /** One at a time, so that the last word on a key is the last written. */
  async #flush (): Promise<void> {
    if (this.#flushing || this.#ports.coordinator.mode === 'degraded') return
    this.#flushing = true
    this.#flushed = this.#writeAll()
    await this.#flushed
    this.#flushing = false
  }

  async #writeAll (): Promise<void> {
    try {
      // What is written anew meanwhile comes again, at the end.
      for (const [key, write] of this.#dirty) {
        await this.#writeOne(key, write)
        if (this.#dirty.get(key) === write) this.#dirty.delete(key)
      }
    } catch {
      // The store is away: all of it waits for the next second.
    }
  }

  /** @throws Unavailable; what is refused otherwise (somebody else leads by now) is not to be written any more. */
  async #writeOne (key: string, { value, ttlMs, fence }: Write): Promise<void> {
    const { coordinator } = this.#ports
    try {
      if (value === undefined) await coordinator.delete(key)
      else await coordinator.set(key, value, { ttlMs, ...(fence && { fence }) })
    } catch (error) {
      if (isCoordinatorError(error, 'UNAVAILABLE')) throw error
    }
  }

  async #follow (prefix: string, read: (rest: string, value: unknown) => void): Promise<void> {
    const { coordinator } = this.#ports
    for await (const { key, value } of coordinator.watch<unknown>(prefix, { signal: this.#stop.signal })) read(key.slice(prefix.length), value)
  }

  #readActive (rest: string, value: unknown): void {
    const [encoded = '', fingerprint = ''] = rest.split('/')
    const instance = decodeURIComponent(encoded)
    if (instance === this.#ports.coordinator.id) return
    const record = readRecord(value)
    if (record === undefined || record.instance !== instance || record.fingerprint !== fingerprint) {
      if (this.#foreign.delete(rest)) this.#ports.gone(instance, fingerprint)
      return
    }
    if (!this.#foreign.has(rest) && this.#foreign.size >= MAX_RECORDS) return
    this.#foreign.add(rest)
    this.#ports.record(record)
  }

  #readTold (group: string, value: unknown): void {
    if (this.voice !== 'all') this.#ports.told(group, readTold(value))
  }

  #readSilence (id: string, value: unknown): void { this.#ports.silence(id, readSilence(value)) }
}

function readTold (value: unknown): Told | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { alerts, repeat, over }: Partial<Record<keyof Told, unknown>> = value
  return { alerts: readStarts(alerts), repeat: typeof repeat === 'number' ? repeat : 0, over: readStarts(over) }
}

function readStarts (value: unknown): Told['alerts'] {
  const list: readonly unknown[] = Array.isArray(value) ? value : []
  return list.slice(0, MAX_TOLD_ALERTS).flatMap(pair => Array.isArray(pair) && typeof pair[0] === 'string' && typeof pair[1] === 'number' ? [[pair[0], pair[1]] as const] : [])
}

async function aborted (signal: AbortSignal): Promise<void> {
  await new Promise<void>(resolve => { signal.addEventListener('abort', () => resolve(), { once: true }) })
}
