import type { Random } from '@plimsoll/core/testing'
import type { Phase } from '../../../tools/load/index.ts'
import { customers, EXPECTING, LEARNING, RATES, START } from './faulty-plans.ts'
import type { Kind } from './faulty-plans.ts'
import { MINUTE } from './plan.ts'
import type { Happening } from './plan.ts'

/** Judged for so long after what is usual has been learned. */
const JUDGED = 80

/** What looks bad and is not. */
export const HEALTHY: Readonly<Record<string, Kind>> = {
  steady (random) {
    const seconds = random.pick([200, LEARNING + JUDGED])
    return { may: [], seconds, streams: [customers(random.pick(['browsing', 'browsing', 'searching']), seconds, random.magnitude(4, 25))] }
  },
  /** In the middle another process takes over; this one is closed as its platform would. */
  deploy (random) {
    const rate = random.magnitude(...RATES)
    const replacedAt = Math.round(random.between(110, 150))
    const seconds = replacedAt + 170
    return { may: [], seconds, replacedAt, streams: [customers('browsing', seconds, rate)] }
  },
  /** All customers are there from the first moment on. */
  'cold-start' (random) {
    const seconds = random.pick([160, 160, LEARNING + JUDGED])
    return { may: [], seconds, streams: [customers(random.pick(['browsing', 'searching']), seconds, random.magnitude(15, 28))] }
  },
  /** Some minutes of one: traffic sinks, or rises, or both, as fast as it does where the night has a quarter of the day's. */
  night (random) {
    const seconds = EXPECTING + 110
    return { may: [], seconds, streams: [{ mix: 'browsing', phases: nightOf(random, seconds) }] }
  },
  /** Expensive requests for a while, within the capacity. */
  batch (random) {
    const learned = random.pick([LEARNING, LEARNING, EXPECTING])
    const from = Math.round(learned + random.between(0, 15))
    const lasts = Math.round(random.between(45, 80))
    const seconds = from + lasts + 75
    return {
      may: [],
      seconds,
      streams: [
        customers('browsing', seconds, random.magnitude(...RATES)),
        { mix: 'batch', phases: [{ seconds: from, rate: 0 }, { seconds: lasts, rate: random.between(2, 5) }] }
      ]
    }
  },
  idle: random => ({ may: [], seconds: 180, streams: [customers('browsing', 180, random.pick([0, random.between(0.05, 1), random.between(0.05, 1)]))] }),
  /** More than the shop can do: refusals are its protection, and what is refused is no error. */
  overload (random) {
    const from = Math.round(random.between(30, 80))
    const happening: Happening = { from, until: from + Math.round(random.between(25, 40)), disturbance: { what: 'rush', customers: Math.round(random.magnitude(100, 400)) } }
    return { may: ['latency-threshold', 'event-loop-stall', 'gc-pause'], seconds: happening.until + 60, streams: [customers('browsing', happening.until + 60, random.magnitude(...RATES))], happenings: [happening], burns: true }
  },
  /** Too short to be an incident. */
  blips (random) {
    const slow: Happening = blip(random, LEARNING, random.between(3, 10), { what: 'latency', size: { ms: random.magnitude(100, 500) } })
    const failing: Happening = blip(random, START, random.between(1, 2), { what: 'errors', size: { share: random.between(0.4, 0.8) } })
    // One beat of it: the second one would come when it is over.
    const standing: Happening = blip(random, START + 45, 6.5, { what: 'stall', size: { ms: random.between(250, 700), everyMs: 4000 } })
    const happenings = [failing, standing, slow]
    const seconds = Math.ceil(slow.until) + 75
    return { may: [], seconds, streams: [customers('browsing', seconds, random.magnitude(...RATES))], happenings }
  },
  /** From one moment to the next, customers want something else. */
  'another-mix' (random) {
    const rate = random.magnitude(...RATES)
    const at = LEARNING + 10
    const [before, after] = random.pick([['browsing', 'searching'], ['searching', 'browsing']] as const)
    return {
      may: [],
      seconds: at + JUDGED,
      streams: [customers(before, at, rate), { mix: after, phases: [{ seconds: at, rate: 0 }, { seconds: JUDGED, rate }] }]
    }
  }
}

function blip (random: Random, around: number, lasts: number, disturbance: Happening['disturbance']): Happening {
  const from = around + random.between(0, 10)
  return { from, until: from + lasts, disturbance }
}

/** A cosine between day and night, of which the trace shows a piece: at its steepest, traffic changes by 2.3 % of the day's a minute. */
function nightOf (random: Random, seconds: number): Phase[] {
  const day = random.magnitude(14, 24)
  const low = random.between(0.25, 0.5)
  const length = random.between(55, 90) * MINUTE
  const begins = random.between(0.1, 1.2) * length
  const rate = (second: number): number => day * (low + (1 - low) * (0.5 + 0.5 * Math.cos(Math.PI * (begins + second) / length)))
  return Array.from({ length: Math.ceil(seconds / 30) }, (_, piece) => ({ seconds: 30, rate: rate(30 * piece), toRate: rate(30 * (piece + 1)) }))
}
