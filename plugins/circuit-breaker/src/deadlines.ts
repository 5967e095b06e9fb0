import type { Clock } from '@plimsoll/core'

/** Something that expires unless it is removed before; one at a time. */
export abstract class Deadline {
  /** @internal */ due = 0
  /** @internal */ list: DeadlineList | undefined
  /** @internal */ before: Deadline | undefined
  /** @internal */ after: Deadline | undefined
  abstract expire (): void
}

/**
 * A timer that is so late had to wait for the event loop, and so have the answers that came meanwhile: they are
 * read before anything expires.
 */
const LATE_MS = 20
const GRACE_MS = 10

/** Deadlines of one length, which therefore fall due in the order of their start: one timer, for the first. */
class DeadlineList {
  readonly #clock: Clock
  readonly #ms: number
  readonly #emptied: () => void
  #first: Deadline | undefined
  #last: Deadline | undefined
  #timerDue = 0
  #graceGiven = false

  constructor (clock: Clock, ms: number, emptied: () => void) {
    this.#clock = clock
    this.#ms = ms
    this.#emptied = emptied
    this.#wakeIn(ms)
  }

  add (deadline: Deadline): void {
    deadline.due = this.#clock.now() + this.#ms
    deadline.list = this
    deadline.before = this.#last
    if (this.#last === undefined) this.#first = deadline
    else this.#last.after = deadline
    this.#last = deadline
  }

  remove (deadline: Deadline): void {
    const { before, after } = deadline
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
    deadline.list = deadline.before = deadline.after = undefined
  }

  #wakeIn (ms: number): void {
    this.#timerDue = this.#clock.now() + ms
    this.#clock.after(ms, () => this.#look())
  }

  #look (): void {
    const now = this.#clock.now()
    // Once: a loop that is late all the time would otherwise put the deadlines off for ever.
    this.#graceGiven = !this.#graceGiven && now - this.#timerDue > LATE_MS
    if (this.#graceGiven) return this.#wakeIn(GRACE_MS)
    while (this.#first !== undefined && this.#first.due <= now) {
      const deadline = this.#first
      this.remove(deadline)
      deadline.expire()
    }
    if (this.#first === undefined) this.#emptied()
    else this.#wakeIn(this.#first.due - now)
  }
}

/** Deadlines of any number of lengths, in one list each while there are some. */
export class Deadlines {
  readonly #clock: Clock
  readonly #lists = new Map<number, DeadlineList>()

  constructor (clock: Clock) { this.#clock = clock }

  /** Lengths that have a list, and a timer, now. */
  get size (): number { return this.#lists.size }

  /** @param ms above 0 */
  add (deadline: Deadline, ms: number): void {
    let list = this.#lists.get(ms)
    if (list === undefined) {
      list = new DeadlineList(this.#clock, ms, () => { this.#lists.delete(ms) })
      this.#lists.set(ms, list)
    }
    list.add(deadline)
  }

  /** Does nothing where it has expired. */
  remove (deadline: Deadline): void { deadline.list?.remove(deadline) }
}

const all = new WeakMap<Clock, Deadlines>()

/** Those of this clock. */
export function deadlinesOf (clock: Clock): Deadlines {
  let deadlines = all.get(clock)
  if (deadlines === undefined) all.set(clock, deadlines = new Deadlines(clock))
  return deadlines
}
