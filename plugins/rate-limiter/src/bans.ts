import type { Cells } from './algorithm.ts'
import { KeyStore } from './key-store.ts'
import type { KeyKind } from './key-store.ts'

/** Of a key: the end of its ban, the refusals that count towards one, and the end of the time in which they count. */
const UNTIL = 0
const REFUSALS = 1
const COUNTED_UNTIL = 2

const kind: KeyKind = {
  width: 3,
  restMs: ({ doubles }: Cells, at: number, now: number): number => Math.max(doubles[at + UNTIL]!, doubles[at + COUNTED_UNTIL]!) - now,
  isRefused: ({ doubles }: Cells, at: number, now: number): boolean => doubles[at + UNTIL]! > now
}

/** When refusals become a ban. */
export interface BanRule {
  /** The refusal that brings the ban. */
  readonly after: number
  readonly forMs: number
}

/** Who is refused altogether, and who is on the way there. A bounded number of keys; one that is banned is never forgotten before its time. */
export class Bans {
  readonly #store: KeyStore
  /** Since the start of the process. */
  banned: number = 0
  /** Bans that could not be kept, since `maxKeys` others were. */
  dropped: number = 0

  constructor (maxKeys: number) {
    this.#store = new KeyStore(maxKeys, kind)
  }

  /** Whether there can be any ban at all: while it is `false` nobody need ask. */
  get any (): boolean { return this.#store.size > 0 }

  /** Milliseconds that are left of the key's ban; 0 when there is none. */
  remainingMs (low: number, high: number, now: number): number {
    const slot = this.#store.find(low, high)
    return slot < 0 ? 0 : Math.max(0, this.#store.cells.doubles[this.#store.at(slot) + UNTIL]! - now)
  }

  /** `false` where there was no place for it. */
  ban (low: number, high: number, now: number, ms: number): boolean {
    const at = this.#place(low, high, now)
    if (at < 0) {
      this.dropped++
      return false
    }
    this.#store.cells.doubles[at + UNTIL] = now + ms
    this.banned++
    return true
  }

  unban (low: number, high: number): void {
    const slot = this.#store.find(low, high)
    if (slot >= 0) this.#store.forget(slot)
  }

  /** Counts a refusal; `true` where it brought a ban. */
  refused (low: number, high: number, now: number, withinMs: number, { after, forMs }: BanRule): boolean {
    const at = this.#place(low, high, now)
    if (at < 0) return false
    const { doubles } = this.#store.cells
    if (now >= doubles[at + COUNTED_UNTIL]!) {
      doubles[at + REFUSALS] = 0
      doubles[at + COUNTED_UNTIL] = now + withinMs
    }
    doubles[at + REFUSALS]! += 1
    if (doubles[at + REFUSALS]! < after) return false
    doubles[at + REFUSALS] = 0
    return this.ban(low, high, now, forMs)
  }

  /** Keys that are banned now. Looks at all keys: not for a hot path. */
  bannedNow (now: number): number {
    let count = 0
    for (let slot = 0; slot < this.#store.size; slot++) if (kind.isRefused(this.#store.cells, this.#store.at(slot), now)) count++
    return count
  }

  #place (low: number, high: number, now: number): number {
    const slot = this.#store.obtain(low, high, now)
    return slot === this.#store.overflow ? -1 : this.#store.at(slot)
  }
}
