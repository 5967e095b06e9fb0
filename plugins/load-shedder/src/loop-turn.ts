/** A loop that has waited for so long has come to the end of what there was. */
const WAITED_MS = 0.01
/** Work started in one turn of the event loop, in milliseconds; the rest waits for the next turn. */
const START_BUDGET_MS = 2
/** The longest that arrivals are drained before work is started again. */
const DRAIN_LIMIT_MS = 4
/** A loop that was busy for less than this since the last turn, or since it waited, has nothing worth mentioning waiting in the kernel. */
const FRESH_MS = 0.5
/** For a millisecond of continuations, starts are owed this share of what they took for each on average; within bounds. */
const OWED = 0.7
const LEAST_OWED = 0.01
const MOST_OWED = 1
/** Bounds of what is owed to starts, or was taken in advance. */
const CREDIT_MS = 10
/** Milliseconds over which the need of starts is averaged. */
const SHARE_MEMORY_MS = 1000
/** What reading one request costs, until it has been measured. */
const ARRIVAL_COST_MS = 0.03

/**
 * How much of the event loop's turn may go into starting work, and whether to look for more arrivals first. Fed with
 * times by the gate; no timers, no clock.
 *
 * - **Drain turns.** The kernel holds what has arrived while the loop was busy, and libuv hands out one connection a
 *   turn. So while each turn still brings arrivals, the gate lets the loop turn again, for up to 4 ms, and then chooses
 *   among all that have come. A loop that has waited in poll has nothing behind it and drains nothing.
 * - **Bounded starts.** Each turn runs the continuations of what was started before. The more of the last turn they
 *   took, the less is started, so that started work is finished before new work is begun. But starts keep most
 *   of the share of the loop that they have on average: handlers that wait for 500 ms would otherwise come back in waves,
 *   in which nothing could be started, and which would echo for ever.
 */
export class LoopTurn {
  #arrivals = 0
  #arrivalCost = ARRIVAL_COST_MS
  #lastArrivalAt = -Infinity
  #drainingSince: number | undefined
  // Milliseconds that starts are owed for the continuations that they had to stand back for.
  #credit = 0
  // Decaying sums of the milliseconds of both, for the share of the starts.
  #startsSum = 0
  #continuationsSum = 0
  // What the gate did between the last two looks at the loop.
  #gateMs = 0
  #lookedAt = 0
  #idleAtLook = 0
  // Time since the last phase of starts that went neither into the gate nor into reading requests.
  #continuationsMs = 0
  #freshUntil = -Infinity

  /** A connection or a request has arrived. */
  arrived (now: number): void {
    this.#arrivals++
    const gap = now - this.#lastArrivalAt
    this.#lastArrivalAt = now
    // Two arrivals in a row with nothing but reading between them; a longer gap had other work in it.
    const reading = gap < this.#arrivalCost * 2 ? gap : this.#arrivalCost * 1.05
    this.#arrivalCost = Math.min(0.2, Math.max(0.005, this.#arrivalCost + (reading - this.#arrivalCost) / 64))
  }

  /**
   * Opens a turn of the gate.
   *
   * @param idleMs monotonic sum of the time that the loop has waited for events
   * @returns whether to let the loop turn once more before anything is started
   */
  begin (now: number, idleMs: number): boolean {
    const busyMs = this.#busyMs(now, idleMs)
    const behind = this.#drainingSince === undefined ? busyMs + this.#gateMs > FRESH_MS : now - this.#drainingSince < DRAIN_LIMIT_MS
    const drain = this.#arrivals > 0 && behind
    this.#look(now, idleMs, busyMs)
    this.#drainingSince = drain ? this.#drainingSince ?? now : undefined
    return drain
  }

  /**
   * Opens a turn inside the 'request' event, if the loop has waited for events a moment ago: nothing worth a choice is
   * behind that arrival, and it need not wait for the next turn.
   *
   * @returns whether it has, so that {@link end} is to follow
   */
  beginAtOnce (now: number, idleMs: number): boolean {
    const busyMs = this.#busyMs(now, idleMs)
    if (idleMs - this.#idleAtLook >= WAITED_MS && busyMs <= FRESH_MS) this.#freshUntil = now + FRESH_MS
    if (now > this.#freshUntil) return false
    this.#look(now, idleMs, busyMs)
    return true
  }

  /** Milliseconds of starts that this turn may have; 0: none, unless nothing else is running. */
  startBudget (): number {
    return Math.max(0, START_BUDGET_MS - this.#continuationsMs, this.#owed())
  }

  /** Closes a turn that was opened and is not to drain: of the time until `now`, `startedMs` went into starting work. */
  end (now: number, startedMs: number): void {
    this.#gateMs = now - this.#lookedAt
    this.#lookedAt = now
    this.#credit = Math.max(-START_BUDGET_MS, this.#owed() - startedMs)
    const kept = Math.max(0, 1 - (this.#continuationsMs + startedMs) / SHARE_MEMORY_MS)
    this.#startsSum = this.#startsSum * kept + startedMs
    this.#continuationsSum = this.#continuationsSum * kept + this.#continuationsMs
    this.#continuationsMs = 0
  }

  // Since the last look.
  #busyMs (now: number, idleMs: number): number { return Math.max(0, now - this.#lookedAt - (idleMs - this.#idleAtLook)) }

  #look (now: number, idleMs: number, busyMs: number): void {
    this.#continuationsMs += Math.max(0, busyMs - this.#arrivals * this.#arrivalCost)
    this.#arrivals = 0
    this.#gateMs = 0
    this.#lookedAt = now
    this.#idleAtLook = idleMs
  }

  #owed (): number {
    const need = this.#continuationsSum > 0 ? OWED * this.#startsSum / this.#continuationsSum : MOST_OWED
    const rate = Math.min(MOST_OWED, Math.max(LEAST_OWED, need))
    return Math.min(CREDIT_MS, this.#credit + this.#continuationsMs * rate)
  }
}
