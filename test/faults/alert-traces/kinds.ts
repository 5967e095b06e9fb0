import { setTimeout as delay } from 'node:timers/promises'
import { makeFault } from '../../../examples/showcase/fault/faults.ts'
import type { FaultName } from '../../../examples/showcase/fault/faults.ts'
import { startGenerator } from '../../../tools/load/index.ts'
import type { RecordingHead } from '../../../plugins/alerts/test/traces/recording.ts'
import type { RecordedShop } from './recorded-shop.ts'

/** What happens in a trace, written down before anything was recorded: what has to fire, and what may. */
export interface Kind extends Omit<RecordingHead, 'kind' | 'incident'> {
  /** Rule that has to fire within so many seconds of the fault's beginning. @default nothing is wrong */
  readonly fires?: { readonly rule: NonNullable<RecordingHead['incident']>['rule'], readonly within: number, readonly also?: RecordingHead['may'] }
  /** Plays it; tells when its fault begins and ends. */
  play (shop: RecordedShop): Promise<void>
}

const SECOND = 1000
const MINUTE = 60 * SECOND
/** The window, `for`, and two ticks of a rule that judges shares. */
const SHARES_WITHIN = 60 + 30 + 2

/** A shop with customers, of which a fault comes and goes. */
function faulty (name: FaultName, calmMs: number, faultMs: number, afterMs: number): Kind['play'] {
  return async shop => {
    const fault = makeFault(name, shop.app)
    await shop.open()
    await shop.customers()
    await delay(calmMs)
    shop.faultBegins()
    fault.begin()
    await delay(faultMs)
    fault.end()
    shop.faultEnds()
    await delay(afterMs)
  }
}

export const KINDS: Readonly<Record<string, Kind>> = {
  healthy: {
    may: [],
    async play (shop) {
      await shop.open()
      await shop.customers()
      await delay(9 * MINUTE)
    }
  },
  /** A deployment: the new process has its customers from its first moment on. */
  'cold-start': {
    may: [],
    async play (shop) {
      await shop.open()
      await Promise.all([shop.customers(), shop.customers(), shop.customers()])
      await delay(4 * MINUTE)
    }
  },
  idle: {
    may: [],
    async play (shop) {
      await shop.open()
      await delay(5 * MINUTE)
    }
  },
  /** Refusals of the load shedder are no errors, and what comes beyond the capacity is no drop. */
  overload: {
    may: ['latency-threshold', 'event-loop-stall', 'gc-pause'],
    async play (shop) {
      await shop.open()
      await shop.customers()
      await delay(MINUTE)
      const classes = [{ name: 'search', weight: 3, path: '/search?q=bras%20captin%20lmap' }, { name: 'browse', weight: 4, path: '/products?page=3' }]
      await startGenerator({ loop: 'closed', port: shop.port, classes, connections: 400, seconds: 60, warmupSeconds: 1, deadlineMs: 500 }).done
      await delay(2 * MINUTE)
    }
  },
  latency: { may: [], fires: { rule: 'latency-threshold', within: SHARES_WITHIN }, play: faulty('latency', 7 * MINUTE, 2.5 * MINUTE, 30 * SECOND) },
  errors: { may: [], fires: { rule: 'error-rate-spike', within: SHARES_WITHIN }, play: faulty('errors', 2 * MINUTE, 2 * MINUTE, MINUTE) },
  /** The shop does not leak for half an hour: the rule is as quick as in `npm start -- --fault leak`. */
  leak: {
    may: ['gc-pause'],
    rules: { 'memory-leak': { minDataMs: 30_000, forMs: 0 } },
    fires: { rule: 'memory-leak', within: 75, also: ['memory-usage', 'event-loop-stall'] },
    play: faulty('leak', 20 * SECOND, 75 * SECOND, 30 * SECOND)
  },
  stall: { may: [], fires: { rule: 'event-loop-stall', within: 30, also: ['latency-threshold'] }, play: faulty('stall', 75 * SECOND, MINUTE, MINUTE) },
  /** The payment provider fails for half a minute. */
  upstream: {
    may: [],
    fires: { rule: 'circuit-breaker-open', within: 30, also: ['error-rate-spike'] },
    async play (shop) {
      await shop.open()
      await shop.customers()
      await shop.buyers()
      await delay(MINUTE)
      shop.faultBegins()
      shop.payments({ errors: 1 })
      await delay(30 * SECOND)
      shop.payments({ errors: 0 })
      shop.faultEnds()
      await delay(2 * MINUTE)
    }
  }
}
