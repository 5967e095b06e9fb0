import type { Recorder } from './recorder.ts'

/** A load that can be run once. */
export interface Load {
  readonly recorder: Recorder
  /** Name of the phase that is being sent. */
  readonly phase: string
  /** Opens the connections. @throws {Error} when the server doesn't take them */
  open: () => Promise<void>
  /** Resolves when everything that was sent is settled. */
  run: () => Promise<void>
  /** Sends no more; what is on its way is still awaited. */
  stop: () => void
  /** Milliseconds since run(). */
  elapsedMs: () => number
}
