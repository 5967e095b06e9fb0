import type { AlertRecord } from './alert-record.ts'

export interface GroupTiming {
  /** Milliseconds for which the first notification waits for alerts of the same cause. */
  readonly groupWaitMs: number
  /** Milliseconds between a notification and the next about alerts that have joined since. */
  readonly groupIntervalMs: number
  /** Milliseconds after which what still fires is told again. */
  readonly repeatIntervalMs: number
}

/** What a group has told already; shared with the instance that may lead next. */
export interface Told {
  /** Keys of the alerts that were told as firing, with their start. */
  readonly alerts: ReadonlyArray<readonly [key: string, startsAt: number]>
  readonly repeat: number
  /** Alerts whose end was told. */
  readonly over: ReadonlyArray<readonly [key: string, startsAt: number]>
}

export interface Decision {
  readonly status: 'firing' | 'resolved'
  readonly alerts: readonly AlertRecord[]
  readonly repeat: number
}

/** Whether an alert is not to be notified for the moment: silenced, inhibited, cooling down. `told`: its firing was notified already. */
export type Hush = (record: AlertRecord, told: boolean) => boolean

/** An alert of an instance. */
export function keyOf ({ instance, fingerprint }: Pick<AlertRecord, 'instance' | 'fingerprint'>): string { return `${instance} ${fingerprint}` }

/**
 * Alerts that are notified together, and what was told of them: when it is time to say something, and what. After
 * Alertmanager's group_wait, group_interval, repeat_interval and notification log. Pure: told the time.
 */
export class AlertGroup {
  readonly labels: Readonly<Record<string, string>>
  readonly #timing: GroupTiming
  readonly #records: Map<string, AlertRecord> = new Map()
  /** Start of each alert that was told as firing, by key. */
  #told: Map<string, number> = new Map()
  /** The same of each whose end was told, last. */
  #ended: Map<string, number> = new Map()
  /** Alerts that were hushed when they fired: their end is nobody's news. */
  readonly #hushed: Set<string> = new Set()
  #freshSince: number | undefined
  #toldAt = -Infinity
  #repeat = 0

  constructor (labels: Readonly<Record<string, string>>, timing: GroupTiming) {
    this.labels = labels
    this.#timing = timing
  }

  /** Nothing fires, and nothing is left to tell. */
  get over (): boolean { return this.#records.size === 0 && this.#told.size === 0 }

  get told (): Told { return { alerts: [...this.#told], repeat: this.#repeat, over: [...this.#ended] } }

  /** Takes over what the last leader had told. */
  recall (now: number, { alerts, repeat, over }: Told): void {
    this.#told = new Map(alerts)
    this.#ended = new Map(over)
    this.#repeat = repeat
    this.#toldAt = now
  }

  update (record: AlertRecord): void { this.#records.set(keyOf(record), record) }

  /** What is to be told now; it counts as told. */
  decide (now: number, hush: Hush): Decision | undefined {
    const firing: AlertRecord[] = []
    const resolved: AlertRecord[] = []
    let fresh = false
    for (const [key, record] of this.#records) {
      const told = this.#told.get(key) === record.startsAt
      if (record.status === 'resolved') {
        const news = told || (this.#ended.get(key) !== record.startsAt && !this.#hushed.has(key) && !hush(record, false))
        if (news) resolved.push(record)
        else this.#forget(key)
      } else if (told) firing.push(record)
      else if (hush(record, false)) this.#hushed.add(key)
      else {
        this.#hushed.delete(key)
        firing.push(record)
        fresh = true
      }
    }
    if (fresh) return this.#tellFresh(now, firing)
    this.#freshSince = undefined
    if (firing.length > 0) return this.#remind(now, firing.filter(record => !hush(record, true)))
    if (resolved.length > 0) return this.#tellResolved(resolved)
    // What was told is not known any more, by anybody.
    if (this.#records.size === 0) this.#told.clear()
    return undefined
  }

  #tellFresh (now: number, firing: readonly AlertRecord[]): Decision | undefined {
    this.#freshSince ??= now
    const due = this.#told.size === 0 ? this.#freshSince + this.#timing.groupWaitMs : this.#toldAt + this.#timing.groupIntervalMs
    if (now < due) return undefined
    this.#told = new Map(firing.map(record => [keyOf(record), record.startsAt]))
    return this.#tell(now, firing, 0)
  }

  #remind (now: number, firing: readonly AlertRecord[]): Decision | undefined {
    if (firing.length === 0 || now - this.#toldAt < this.#timing.repeatIntervalMs) return undefined
    return this.#tell(now, firing, this.#repeat + 1)
  }

  #tell (now: number, alerts: readonly AlertRecord[], repeat: number): Decision {
    this.#freshSince = undefined
    this.#toldAt = now
    this.#repeat = repeat
    return { status: 'firing', alerts, repeat }
  }

  #tellResolved (resolved: readonly AlertRecord[]): Decision {
    for (const record of resolved) this.#forget(keyOf(record))
    this.#ended = new Map(resolved.map(record => [keyOf(record), record.startsAt]))
    this.#told.clear()
    this.#repeat = 0
    this.#toldAt = -Infinity
    return { status: 'resolved', alerts: resolved, repeat: 0 }
  }

  #forget (key: string): void {
    this.#records.delete(key)
    this.#hushed.delete(key)
  }
}
