import { EventHeap } from './event-heap.ts'

interface LoopEvent {
  at: number
  run: () => void
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

  constructor (acceptMs = 0.03) {
    this.#acceptMs = acceptMs
  }

  get busyMs (): number { return this.now - this.idleMs }

  burn (ms: number): void { this.now += ms }

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
