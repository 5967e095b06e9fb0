import type { Clock, JournalEvent } from '@plimsoll/core'
import type { CircuitState, Transition } from './transition.ts'

/** Entries in {@link INTERVAL_MS}: ten thousand circuits that open together must not push everything else out. */
const MAX_ENTRIES = 20
const INTERVAL_MS = 10_000

const EVENTS: Readonly<Record<CircuitState, string>> = {
  closed: 'circuit-closed', open: 'circuit-opened', 'half-open': 'circuit-half-open', isolated: 'circuit-isolated', 'metrics-only': 'circuit-metrics-only'
}

/** Tells the journal of changes of state, with the figures that explain them. */
export class CircuitJournal {
  readonly #clock: Clock
  readonly #record: (event: JournalEvent) => void
  #begun = -Infinity
  #entries = 0
  #untold = 0

  constructor ({ clock, record }: { readonly clock: Clock, record (event: JournalEvent): void }) {
    this.#clock = clock
    this.#record = record
  }

  changed (transition: Transition): void {
    const now = this.#clock.now()
    if (now - this.#begun >= INTERVAL_MS) this.#begin(now)
    if (this.#entries >= MAX_ENTRIES) {
      this.#untold++
      return
    }
    this.#entries++
    const { breaker: { name }, to, reason, calls, failureRate, slowRate, openForMs } = transition
    this.#record({
      component: 'circuit-breaker/circuit-breakers',
      event: EVENTS[to],
      severity: to === 'open' || to === 'isolated' ? 'warning' : 'info',
      message: messageOf(transition),
      data: { circuit: name, state: to, reason, calls, failureRate, slowRate, openForMs }
    })
  }

  #begin (now: number): void {
    if (this.#untold > 0) this.#record({ component: 'circuit-breaker/circuit-breakers', event: 'circuits-changed', severity: 'warning', message: `${this.#untold} more changes of circuits in ${INTERVAL_MS / 1000} s were not told one by one: look at the component` })
    this.#begun = now
    this.#entries = this.#untold = 0
  }
}

function messageOf ({ breaker: { name }, from, to, reason, calls, failureRate, slowRate, openForMs }: Transition): string {
  const window = `of ${calls} calls in its window ${percent(failureRate)} failed and ${percent(slowRate)} were slow`
  const wait = to === 'open' ? `; probes in ${(openForMs / 1000).toFixed(1)} s` : ''
  return `circuit ${name}: ${from} to ${to} (${reason}), ${window}${wait}`
}

function percent (rate: number): string { return `${(rate * 100).toFixed()} %` }
