import { AdaptiveStrategy } from '../../src/strategies/adaptive.ts'
import { admittedP99, between, goodput, ok, refused, refusedP99, share } from './measures.ts'
import { nameOf, shareLeft } from './node-process.ts'
import type { Theft } from './node-process.ts'
import { runOverload } from './overload-run.ts'
import type { OverloadRecord, OverloadRun } from './overload-run.ts'
import { USUAL_MIX, trafficOf } from './services.ts'
import type { ClassMix, SimulatedService } from './services.ts'

/** One line of the table. */
export interface Row {
  readonly scenario: string
  readonly load: string
  readonly figures: Readonly<Record<string, string>>
  /** What should hold, and does not. */
  readonly violations: readonly string[]
  readonly operations: number
}

export type Scenario = (seed: number) => Iterable<Row>

const WARM_UP_MS = 5000

/** Cost of reading and refusing a request, in milliseconds; see `OverloadRun`. */
const REFUSAL_MS = 0.03

export function adaptive (run: Omit<OverloadRun, 'strategy'>): OverloadRecord {
  return runOverload({ ...run, strategy: ports => new AdaptiveStrategy(ports) })
}

export function percent (value: number): string { return Number.isNaN(value) ? '-' : (100 * value).toFixed(value > 0.999 || value < 0.01 ? 2 : 1) }

/** Violations among named conditions. */
export function broken (conditions: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(conditions).filter(([, holds]) => !holds).map(([name]) => name)
}

export interface Expectations {
  /** Least share of the bound on goodput, above capacity. */
  readonly goodput: number
  /** Most that the P99 of admitted requests may be of the unloaded one, at 2 to 10 times the capacity. */
  readonly inflation: number
  /** Largest share of false refusals at 0.9 of the capacity. */
  readonly falseRefusals: number
  /** Up to this multiple of the capacity nothing is refused. */
  readonly calm: number
  /** Least success of critical requests. */
  readonly critical: number
  /** Largest share of requests whose client gave up. */
  readonly timeouts: number
}

const USUAL_EXPECTATIONS: Expectations = { goodput: 0.93, inflation: 3, falseRefusals: 0.005, calm: 0.8, critical: 0.995, timeouts: 0 }

export interface StepOptions {
  readonly classes?: ClassMix
  readonly multiples?: readonly number[]
  readonly expect?: Partial<Expectations>
  readonly fresh?: boolean
  readonly clients?: number
  /** Two seconds of ten times the capacity lie behind it, and have left what was learned in them. */
  readonly overloadedBefore?: boolean
  /** Keeps the process from its core; the capacity shrinks to what is left. */
  readonly theft?: Theft
}

/** A service at half its capacity for five seconds, then at each multiple of it. */
export function steps (service: SimulatedService, options: StepOptions = {}): Scenario {
  const { classes = USUAL_MIX, multiples = [0.5, 0.8, 0.9, 1, 2, 4, 10], fresh = false, clients = 2000, overloadedBefore = false, theft } = options
  const expect = { ...USUAL_EXPECTATIONS, ...options.expect }
  const traffic = trafficOf(service, classes, clients)
  const capacity = service.capacity * (theft === undefined ? 1 : shareLeft(theft))
  const stolen = theft === undefined ? {} : { theft }
  const before = (now: number): number => overloadedBefore && now >= WARM_UP_MS * 0.3 && now < WARM_UP_MS * 0.7 ? 10 : 0.5
  return function * (seed) {
    const unloaded = adaptive({ seed, traffic, rate: () => capacity / 10, durationMs: 4e6 / capacity, fresh, ...stolen })
    const unloadedP99 = admittedP99(unloaded.attempts)
    const until = WARM_UP_MS + Math.max(20_000, 600_000 / capacity)
    for (const multiple of multiples) {
      const record = adaptive({
        seed, traffic, fresh, durationMs: until, ...stolen, rate: now => capacity * (now < WARM_UP_MS ? before(now) : multiple)
      })
      const attempts = between(record.attempts, WARM_UP_MS, until)
      const ofClass = (rank: number): number => share(attempts.filter(attempt => attempt.rank === rank), ok)
      const bound = 1 - Math.max(0, multiple - 1) * REFUSAL_MS * service.capacity / 1000
      const good = goodput(attempts, 10 * unloadedP99, WARM_UP_MS, until) / capacity / Math.min(1, multiple)
      const inflation = admittedP99(attempts) / unloadedP99
      const refusals = share(attempts, refused)
      const timeouts = attempts.filter(attempt => attempt.outcome === 'client-timeout').length
      const critical = ofClass(1)
      yield {
        scenario: service.name + (fresh ? ', fresh connections' : '') + (overloadedBefore ? ', after an overload' : '') + (theft === undefined ? '' : `, ${nameOf(theft)}`),
        load: `${multiple}x`,
        operations: record.attempts.length,
        figures: {
          goodput: good.toFixed(2),
          bound: bound.toFixed(2),
          'P99/unloaded': inflation.toFixed(2),
          'critical %': percent(critical),
          'normal %': percent(ofClass(3)),
          'low %': percent(ofClass(4)),
          'refused %': percent(refusals),
          'refused P99 ms': Number.isNaN(refusedP99(attempts)) ? '-' : refusedP99(attempts).toFixed(0)
        },
        violations: broken({
          'no false refusal': multiple > expect.calm || refusals === 0,
          'few false refusals at 0.9x': multiple !== 0.9 || refusals <= expect.falseRefusals,
          'goodput near its bound': multiple < 2 || good >= expect.goodput * bound,
          'latency of the admitted': multiple < 2 || inflation <= expect.inflation,
          // Critical requests are a twentieth; they fit while refusing leaves so much of the loop.
          'critical first': multiple * 0.05 > 0.8 * bound || Number.isNaN(critical) || critical >= expect.critical,
          // A few points: both may live on little more than the small share of the low ones.
          'normal before low': !(ofClass(3) + 0.03 < ofClass(4)),
          'no timeout': multiple === 1 || timeouts <= expect.timeouts * attempts.length,
          'nothing left in flight': record.inFlightAtEnd === 0
        })
      }
    }
  }
}
