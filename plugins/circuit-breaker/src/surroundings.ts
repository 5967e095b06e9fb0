import { systemClock } from '@plimsoll/core'
import type { Clock } from '@plimsoll/core'
import { callClockOf } from './call-clock.ts'
import type { CallClock } from './call-clock.ts'
import type { CircuitBreaker } from './circuit-breaker.ts'
import { deadlinesOf } from './deadlines.ts'
import type { Deadlines } from './deadlines.ts'
import type { EventHub } from './event-hub.ts'

/** A function that was given to a breaker threw. The call it belongs to is not harmed. */
export interface Fault {
  /** Name of the circuit. */
  readonly breaker: string
  readonly what: 'listener' | 'errorFilter' | 'resultFilter' | 'fallback'
  readonly error: unknown
}

/** What a breaker needs of the world. */
export interface BreakerPorts {
  /** @default the system's clock */
  readonly clock?: Clock
  /** @default a process warning, once for each breaker and kind */
  readonly onFault?: (fault: Fault) => void
  /** For the project's own model check. @internal */
  readonly time?: CallClock
}

/** Whom a breaker belongs to. */
interface BreakerGroup {
  readonly hub: EventHub
  /** It has another state now. */
  changed (breaker: CircuitBreaker): void
}

/** {@link BreakerPorts} as they are used, shared by all breakers of a group. */
export class Surroundings {
  readonly clock: Clock
  readonly time: CallClock
  readonly deadlines: Deadlines
  readonly group: BreakerGroup | undefined
  readonly #onFault: (fault: Fault) => void

  constructor ({ clock = systemClock, onFault = warn, time = callClockOf(clock) }: BreakerPorts = {}, group?: BreakerGroup) {
    this.clock = clock
    this.time = time
    this.deadlines = deadlinesOf(clock)
    this.group = group
    this.#onFault = onFault
  }

  /** Never throws. */
  tellFault (fault: Fault): void {
    try {
      this.#onFault(fault)
    } catch {
      warn(fault)
    }
  }
}

/** Those of breakers that were given none. */
export const usualSurroundings: Surroundings = new Surroundings()

const MAX_WARNINGS = 100
const warned = new Set<string>()

function warn ({ breaker, what, error }: Fault): void {
  const which = `${what} of circuit ${breaker}`
  if (warned.has(which) || warned.size >= MAX_WARNINGS) return
  warned.add(which)
  process.emitWarning(`the ${which} threw ${textOf(error)}: the call went on without it. This is told once; mend the function`, { type: 'PlimsollWarning', code: 'PLM_CIRCUIT_BREAKER_FAULT' })
}

// What was thrown may be anything, even something that can't be made a string.
function textOf (error: unknown): string { return error instanceof Error ? error.message : typeof error }
