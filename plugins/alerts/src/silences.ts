import type { Clock } from '@plimsoll/core'
import { boundedLabels, cut } from './alert-record.ts'
import type { AlertRecord } from './alert-record.ts'
import { SilenceRefusedError, UnknownSilenceError } from './errors.ts'

/** Which alerts are meant: all that is given has to be equal. */
export interface Matcher {
  readonly rule?: string | undefined
  readonly instance?: string | undefined
  readonly labels?: Readonly<Record<string, string>> | undefined
}

export interface SilenceRequest extends Matcher {
  /** @default 60 */
  readonly minutes?: number | undefined
  readonly by?: string | undefined
  readonly comment?: string | undefined
}

export interface Silence {
  readonly id: string
  readonly rule: string | null
  readonly instance: string | null
  readonly labels: Readonly<Record<string, string>>
  /** Milliseconds since the Unix epoch. */
  readonly until: number
  readonly by: string
  readonly comment: string
}

export const MAX_SILENCES = 100
const MAX_MINUTES = 7 * 24 * 60

/** Alerts that are known and not to be notified for a while. They fire all the same; only nobody is woken. */
export class Silences {
  readonly #clock: Clock
  readonly #silences: Map<string, { readonly silence: Silence, readonly endsAt: number }> = new Map()

  constructor (clock: Clock) {
    this.#clock = clock
  }

  /** @throws PLM_ALERTS_SILENCE_REFUSED */
  add ({ rule, instance, labels = {}, minutes = 60, by = '', comment = '' }: SilenceRequest): Silence {
    if (rule === undefined && instance === undefined && Object.keys(labels).length === 0) throw new SilenceRefusedError('it would silence everything; give a rule, an instance or labels')
    if (!(minutes > 0 && minutes <= MAX_MINUTES)) throw new SilenceRefusedError(`minutes is ${minutes}; give a number above 0 and of at most ${MAX_MINUTES}`)
    if (this.list().length >= MAX_SILENCES) throw new SilenceRefusedError(`there are ${MAX_SILENCES} already; take one back first`)
    const silence: Silence = {
      id: Math.floor(this.#clock.random() * 2 ** 40).toString(36).padStart(8, '0'),
      rule: rule === undefined ? null : cut(rule, 200),
      instance: instance === undefined ? null : cut(instance, 200),
      labels: boundedLabels(labels),
      until: this.#clock.wallTime() + minutes * 60_000,
      by: cut(by, 100),
      comment: cut(comment, 200)
    }
    this.put(silence)
    return silence
  }

  /** One that another instance has told of. */
  put (silence: Silence): void {
    if (!this.#silences.has(silence.id) && this.#silences.size >= MAX_SILENCES) return
    this.#silences.set(silence.id, { silence, endsAt: this.#clock.now() + silence.until - this.#clock.wallTime() })
  }

  /** @throws PLM_ALERTS_UNKNOWN_SILENCE */
  remove (id: string): void {
    if (!this.drop(id)) throw new UnknownSilenceError(cut(id, 40))
  }

  drop (id: string): boolean { return this.#silences.delete(id) }

  list (): Silence[] {
    const now = this.#clock.now()
    for (const [id, { endsAt }] of this.#silences) if (endsAt <= now) this.#silences.delete(id)
    return [...this.#silences.values()].map(({ silence }) => silence)
  }

  /** The silence that an alert is under. */
  of (record: AlertRecord): Silence | undefined {
    return this.#silences.size === 0 ? undefined : this.list().find(silence => covers(silence, record))
  }
}

/** What another instance has told, or `undefined` where it is no silence. */
export function readSilence (value: unknown): Silence | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { id, rule, instance, labels, until, by, comment }: Partial<Record<keyof Silence, unknown>> = value
  if (typeof id !== 'string' || id.length > 40 || typeof until !== 'number') return undefined
  return { id, rule: textOrNull(rule), instance: textOrNull(instance), labels: boundedLabels(labels), until, by: textOrNull(by) ?? '', comment: textOrNull(comment) ?? '' }
}

function textOrNull (value: unknown): string | null { return typeof value === 'string' ? cut(value, 200) : null }

function covers ({ rule, instance, labels }: Silence, record: AlertRecord): boolean {
  return (rule === null || rule === record.rule) && (instance === null || instance === record.instance) &&
    Object.entries(labels).every(([name, value]) => record.labels[name] === value)
}
