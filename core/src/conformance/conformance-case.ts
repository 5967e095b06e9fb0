import type { Bench } from './bench.ts'

export interface ConformanceCase {
  /** Of the reference; never reused. */
  readonly number: number
  /** What is so, as a sentence. */
  readonly name: string
  /** What the store of the test must be able to do. */
  readonly needs?: 'wipe' | 'jumpClock'
  run (bench: Bench): Promise<void>
}
