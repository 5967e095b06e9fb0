import { CountWindow } from './count-window.ts'
import type { CallClock } from './call-clock.ts'
import { TimeWindow } from './time-window.ts'

/** Outcomes of the last calls, in totals that are kept up to date: recording and reading cost the same whatever its size. */
export interface SlidingWindow {
  readonly calls: number
  readonly failures: number
  readonly slow: number
  record (failed: boolean, slow: boolean): void
  /** Drops what has become too old by now, so that a decision is made on the calls of the window alone. */
  refresh (): void
  clear (): void
}

export interface WindowShape {
  readonly slidingWindowType: 'time' | 'count'
  /** Milliseconds or calls. */
  readonly slidingWindowSize: number | undefined
}

const DEFAULT_WINDOW_MS = 10_000
export const DEFAULT_WINDOW_CALLS = 100

export function slidingWindow ({ slidingWindowType, slidingWindowSize }: WindowShape, clock: CallClock): SlidingWindow {
  return slidingWindowType === 'time'
    ? new TimeWindow(slidingWindowSize ?? DEFAULT_WINDOW_MS, clock)
    : new CountWindow(slidingWindowSize ?? DEFAULT_WINDOW_CALLS)
}
