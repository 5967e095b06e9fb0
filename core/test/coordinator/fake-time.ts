import { setImmediate } from 'node:timers/promises'
import type { ConformanceTime } from '../../src/conformance/index.ts'
import { fakeClock } from '../../src/testing/index.ts'

/** Time that passes only when told, a millisecond at a time, with all promises settled in between. */
export function fakeTime (seed = 1): ConformanceTime & { readonly pending: () => number, readonly ahead: (ms: number) => void } {
  const fake = fakeClock({ now: 1_000, seed })
  let ahead = 0
  return {
    clock: { ...fake, now: () => fake.now() + ahead, wallTime: () => fake.wallTime(), random: fake.random, after: fake.after, every: fake.every },
    pending: () => fake.pending,
    // The clock jumps over `ms` in which nothing ran: a process that was stopped.
    ahead: (ms) => { ahead = ms },
    elapse: async (ms) => {
      for (let left = ms; left > 0; left--) {
        fake.advance(Math.min(1, left))
        await setImmediate()
      }
    },
    block: (ms, look) => {
      ahead = ms
      look()
      ahead = 0
    }
  }
}
