import { EventHeap } from './event-heap.ts'

interface LoopEvent {
  at: number
  run: () => void
}

/** How a process is kept from its core. Milliseconds. */
export type Theft =
  /** Another process wants the core as well: after `onMs` of work it is the other's turn, for `offMs`. */
  | { readonly kind: 'neighbour', readonly onMs: number, readonly offMs: number }
  /** Linux' cpu.max, as of a container with a CPU limit: so much work a period, and then nothing until the next one. */
  | { readonly kind: 'quota', readonly quotaMs: number, readonly periodMs: number }

/** Of the core, what is left for the process while it always has something to do. */
export function shareLeft (theft: Theft): number {
  return theft.kind === 'quota' ? theft.quotaMs / theft.periodMs : theft.onMs / (theft.onMs + theft.offMs)
}

export function nameOf (theft: Theft): string {
  if (theft.kind === 'quota') return `limited to ${theft.quotaMs} ms of CPU in ${theft.periodMs} ms`
  return `beside a neighbour (${theft.onMs} ms on, ${theft.offMs} ms off)`
}

/** epoll hands out at most this many events a call. */
const EVENTS_PER_POLL = 1024

/**
 * One event loop in virtual time, with the phases that matter here: immediates, then whatever has become ready by the
 * time the loop polls. Code "runs" by burning time. New connections are accepted one a turn (libuv >= 1.45).
 */
export class NodeProcess {
  now = 0
  idleMs = 0
  turns = 0
  readonly #events = new EventHeap<LoopEvent>()
  #immediates: Array<() => void> = []
  readonly #backlog: Array<() => void> = []
  readonly #acceptMs: number
  readonly #theft: Theft | undefined
  #left = 0
  #period = -1

  constructor (acceptMs = 0.03, theft?: Theft) {
    this.#acceptMs = acceptMs
    this.#theft = theft
  }

  get busyMs (): number { return this.now - this.idleMs }

  burn (ms: number): void {
    const theft = this.#theft
    if (theft === undefined) this.now += ms
    else if (theft.kind === 'neighbour') this.#burnBeside(ms, theft.onMs, theft.offMs)
    else this.#burnWithin(ms, theft.quotaMs, theft.periodMs)
  }

  #burnBeside (ms: number, onMs: number, offMs: number): void {
    this.now += ms
    for (this.#left -= ms; this.#left < 0; this.#left += onMs) this.now += offMs
  }

  #burnWithin (ms: number, quotaMs: number, periodMs: number): void {
    for (let rest = ms; rest > 0;) {
      const period = Math.floor(this.now / periodMs)
      if (period > this.#period) {
        this.#period = period
        this.#left = quotaMs
      }
      const run = Math.min(rest, this.#left, (period + 1) * periodMs - this.now)
      this.now += run
      this.#left -= run
      rest -= run
      if (this.#left <= 0 && rest > 0) this.now = (period + 1) * periodMs
      else if (run <= 0) this.now = (period + 1) * periodMs
    }
  }

  at (at: number, run: () => void): void { this.#events.push({ at, run }) }

  setImmediate (run: () => void): void { this.#immediates.push(run) }

  /** A connection in the kernel's queue; `accepted` runs when the loop has come to it. */
  connect (accepted: () => void): void { this.#backlog.push(accepted) }

  /** Runs until the loop has nothing to do before `until`. */
  run (until: number): void {
    while (this.now < until) {
      const immediates = this.#immediates
      this.#immediates = []
      for (const run of immediates) run()
      if (this.#immediates.length === 0 && this.#backlog.length === 0 && this.#events.nextAt > this.now) {
        const next = Math.min(until, this.#events.nextAt)
        this.idleMs += next - this.now
        this.now = next
      }
      this.#poll()
      this.turns++
    }
  }

  #poll (): void {
    const ready = this.now
    const accepted = this.#backlog.shift()
    if (accepted !== undefined) {
      this.burn(this.#acceptMs)
      this.at(this.now, accepted)
    }
    for (let count = 0; count < EVENTS_PER_POLL && this.#events.nextAt <= ready; count++) this.#events.pop()?.run()
  }
}
