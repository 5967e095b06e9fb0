import type { PriorityRank } from '@plimsoll/core'
import { COHORTS } from '../../src/strategy.ts'
import type { RefusalReason, Strategy, StrategyChange, StrategyPorts } from '../../src/strategy.ts'
import { GateModel, SimulatedEntry } from './gate-model.ts'
import { NodeProcess } from './node-process.ts'
import type { Theft } from './node-process.ts'
import { SeededRandom } from './seeded-random.ts'
import { runHandler } from './work.ts'
import type { TrafficShare } from './work.ts'

export interface OverloadRun {
  readonly seed: number
  readonly strategy: (ports: StrategyPorts) => Strategy
  readonly traffic: (random: SeededRandom) => readonly TrafficShare[]
  /** Arrivals a second at a moment (milliseconds). */
  readonly rate: (now: number) => number
  readonly durationMs: number
  /** Moments at which the loop stands still, and for how long: a collection, a synchronous call. */
  readonly blocks?: ReadonlyArray<{ readonly at: number, readonly ms: number }>
  /** What keeps the process from its core. */
  readonly theft?: Theft
  /** A new connection for every request. */
  readonly fresh?: boolean
  /** The client gives up after so long; default 3,000. */
  readonly clientTimeoutMs?: number
  /** How often a client tries again after a refusal or its timeout, and after how long on average. */
  readonly retries?: { readonly most: number, readonly afterMs: number }
  /** Parsing of a request, and writing a refusal. */
  readonly parseMs?: number
  readonly refuseMs?: number
}

/** One attempt as its client saw it. */
export interface Attempt {
  readonly at: number
  readonly rank: PriorityRank
  readonly client: number
  readonly kind: string
  /** Milliseconds from the scheduled arrival to the answer; -1 while there was none. */
  latencyMs: number
  outcome: 'ok' | 'refused' | 'client-timeout' | 'failed'
  reason?: RefusalReason
}

export interface OverloadRecord {
  readonly attempts: readonly Attempt[]
  readonly changes: ReadonlyArray<StrategyChange & { readonly at: number }>
  readonly inversions: number
  readonly inFlightAtEnd: number
  readonly turns: number
}

/** Open-loop Poisson arrivals at a gate in front of one event loop; latency counts from the scheduled arrival. */
export function runOverload (run: OverloadRun): OverloadRecord {
  const random = new SeededRandom(run.seed)
  const node = new NodeProcess(undefined, run.theft)
  const changes: Array<StrategyChange & { at: number }> = []
  const strategy = run.strategy({ random: random.next, onChange: change => changes.push({ ...change, at: node.now }) })
  const gate = new GateModel(node, strategy)
  const traffic = run.traffic(random)
  const total = traffic.reduce((sum, share) => sum + share.weight, 0)
  const attempts: Attempt[] = []
  const { fresh = false, clientTimeoutMs = 3000, parseMs = 0.02, refuseMs = 0.01 } = run

  const attempt = (at: number, share: TrafficShare, client: number, tries: number): void => {
    const record: Attempt = { at, rank: share.rank, client, kind: share.kind.name, latencyMs: -1, outcome: 'client-timeout' }
    attempts.push(record)
    const retry = (now: number): void => {
      if (run.retries === undefined || tries >= run.retries.most) return
      const again = now + random.exponential(run.retries.afterMs)
      node.at(again, () => attempt(again, share, client, tries + 1))
    }
    const answered = (outcome: Attempt['outcome']): boolean => {
      if (node.now - at > clientTimeoutMs) return false
      record.latencyMs = node.now - at
      record.outcome = outcome
      return true
    }
    const gone = (): boolean => node.now - at > clientTimeoutMs
    const read = (): void => {
      node.burn(parseMs)
      const arrival = { rank: share.rank, cohort: client % COHORTS, routeId: share.kind.routeId, arrivedAt: node.now }
      gate.arrive(new SimulatedEntry(arrival, {
        gone,
        start: over => runHandler(node, share.kind, outcome => {
          const inTime = answered(outcome === 'ok' ? 'ok' : 'failed')
          over(inTime ? outcome : 'aborted')
        }),
        refuse: reason => {
          node.burn(refuseMs)
          record.reason = reason
          if (answered('refused')) retry(node.now)
        }
      }))
    }
    if (run.retries !== undefined) {
      node.at(at + clientTimeoutMs, () => { if (record.outcome === 'client-timeout') retry(node.now) })
    }
    if (fresh) node.connect(() => { gate.connected(); read() })
    else read()
  }

  const choose = (): TrafficShare => {
    let point = random.next() * total
    for (const share of traffic) if ((point -= share.weight) < 0) return share
    throw new RangeError('traffic without weight')
  }
  const arrival = (at: number): void => {
    const share = choose()
    attempt(at, share, share.client(), 0)
    next(at)
  }
  const next = (after: number): void => {
    const rate = run.rate(after)
    // Where nothing is sent, look again a little later.
    const at = rate > 0 ? after + random.exponential(1000 / rate) : after + 10
    if (at < run.durationMs) node.at(at, rate > 0 ? () => arrival(at) : () => next(at))
  }
  for (const block of run.blocks ?? []) node.at(block.at, () => node.burn(block.ms))
  next(0)
  node.run(run.durationMs + clientTimeoutMs)
  return { attempts, changes, inversions: gate.inversions, inFlightAtEnd: gate.state.inFlight, turns: node.turns }
}
