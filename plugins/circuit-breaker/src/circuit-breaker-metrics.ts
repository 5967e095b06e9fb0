import type { MetricReport, MetricSource } from '@plimsoll/core'
import type { BreakerStats } from './breaker-stats.ts'
import type { CircuitBreakers } from './circuit-breakers.ts'
import type { ClusterView } from './cluster-view.ts'
import type { CircuitState } from './transition.ts'

/** Circuits with series of their own; the counters of the others are summed under `(other)`. */
const MAX_SHOWN = 500
const OTHER = '(other)'

const STATE_NUMBERS: Readonly<Record<CircuitState, number>> = { closed: 0, 'metrics-only': 0, 'half-open': 1, open: 2, isolated: 3 }
const OUTCOMES: ReadonlyArray<readonly [outcome: string, read: (stats: Readonly<BreakerStats>) => number]> = [
  ['success', stats => stats.successes],
  ['failure', stats => stats.failures],
  ['ignored', stats => stats.ignored],
  ['stale', stats => stats.stale],
  ['refused', stats => stats.refused + stats.bulkheadRefused]
]

/** The circuits' numbers, read at a scrape. */
export function circuitBreakerMetrics (breakers: CircuitBreakers, cluster: () => ClusterView | undefined): readonly MetricSource[] {
  const perCircuit = (name: string, help: string, read: (stats: Readonly<BreakerStats>) => number): MetricSource => ({
    name: `plimsoll_circuit_breaker_${name}`,
    help,
    type: 'counter',
    labels: ['circuit'],
    collect: report => sum(breakers, read, (value, circuit) => report.value(value, circuit))
  })
  return [
    {
      name: 'plimsoll_circuit_breaker_circuit_state',
      help: 'State of each circuit: 0 closed or metrics-only, 1 half-open, 2 open, 3 isolated',
      type: 'gauge',
      labels: ['circuit'],
      collect: report => { for (const { state, name } of shown(new Set([...breakers.notClosed(), ...breakers.values()]))) report.value(STATE_NUMBERS[state], name) }
    },
    {
      name: 'plimsoll_circuit_breaker_calls_total',
      help: 'Calls by how they ended: success, failure, ignored, stale (result of an earlier state), refused',
      type: 'counter',
      labels: ['circuit', 'outcome'],
      collect: report => { for (const [outcome, read] of OUTCOMES) sum(breakers, read, (value, circuit) => report.value(value, circuit, outcome)) }
    },
    perCircuit('timeouts_total', 'Failures by timeout', stats => stats.timeouts),
    perCircuit('slow_calls_total', 'Calls that took slowCallDurationThreshold or longer', stats => stats.slow),
    perCircuit('opened_total', 'Times that the circuit opened', stats => stats.opened),
    perCircuit('spared_total', 'Times that a circuit that only counts would have opened', stats => stats.spared),
    perCircuit('retries_total', 'Calls that were made again', stats => stats.retries),
    single('circuits', 'gauge', 'Circuits that there are', report => report.value(breakers.size)),
    single('not_closed_circuits', 'gauge', 'Circuits that are open, half-open or isolated', report => report.value([...breakers.notClosed()].length)),
    single('evicted_circuits_total', 'counter', 'Closed circuits that were given up for others', report => report.value(breakers.stats.evicted)),
    single('overflowed_calls_total', 'counter', 'Calls that shared the overflow circuit, since there was no room for one of their own', report => report.value(breakers.stats.overflowed)),
    {
      name: 'plimsoll_circuit_breaker_open_elsewhere_instances',
      help: 'Other instances on which the circuit is open',
      type: 'gauge',
      labels: ['circuit'],
      collect: report => { for (const [circuit, count] of shown(cluster()?.openElsewhere ?? NOWHERE)) report.value(count, circuit) }
    },
    single('ignored_cluster_messages_total', 'counter', 'Messages of other instances that were malformed, or from too many of them', report => report.value(cluster()?.ignored ?? 0))
  ]
}

const NOWHERE: ReadonlyMap<string, number> = new Map()

function single (name: string, type: 'counter' | 'gauge', help: string, collect: (report: MetricReport) => void): MetricSource {
  return { name: `plimsoll_circuit_breaker_${name}`, type, help, collect }
}

function sum (breakers: CircuitBreakers, read: (stats: Readonly<BreakerStats>) => number, tell: (value: number, circuit: string) => void): void {
  let shown = 0
  let rest = 0
  for (const { name, stats } of breakers.values()) {
    if (shown++ < MAX_SHOWN) tell(read(stats), name)
    else rest += read(stats)
  }
  if (shown > MAX_SHOWN) tell(rest, OTHER)
}

function * shown<T> (all: Iterable<T>): IterableIterator<T> {
  let count = 0
  for (const one of all) if (count++ < MAX_SHOWN) yield one
}
