import { IntrusiveList } from './intrusive-list.ts'
import type { Link } from './intrusive-list.ts'

export interface PermitHolder<Self> extends Link<Self> {
  readonly startedAt: number
  /** The permits' own. */
  stalled: boolean
}

/** Who holds a permit, in the order of their starts, and how many long streams are open beside them. */
export class Permits<Holder extends PermitHolder<Holder>> {
  readonly #holders: IntrusiveList<Holder> = new IntrusiveList()
  #stalled = 0
  #streams = 0

  get inFlight (): number { return this.#holders.size }

  /** Of those in flight, the ones that `countStalled` found to run too long. */
  get stalled (): number { return this.#stalled }

  get streams (): number { return this.#streams }

  take (holder: Holder): void { this.#holders.push(holder) }

  giveBack (holder: Holder): void {
    this.#holders.remove(holder)
    if (holder.stalled) this.#stalled--
    holder.stalled = false
  }

  openStream (): void { this.#streams++ }

  closeStream (): void { this.#streams-- }

  /** Counts those that were started before `time`; they are the oldest, so only they are looked at. */
  countStalled (time: number): void {
    let stalled = 0
    for (let holder = this.#holders.oldest; holder !== undefined; holder = holder.newer) {
      holder.stalled = holder.startedAt < time
      if (!holder.stalled) break
      stalled++
    }
    this.#stalled = stalled
  }
}
