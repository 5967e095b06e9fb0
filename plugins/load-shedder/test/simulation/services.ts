import type { PriorityRank } from '@plimsoll/core'
import type { SeededRandom } from './seeded-random.ts'
import { DownstreamPool } from './work.ts'
import type { Stage, TrafficShare, WorkKind } from './work.ts'

/** A service to simulate: what its requests do, and the most it can serve a second. */
export interface SimulatedService {
  readonly name: string
  readonly capacity: number
  readonly kinds: (random: SeededRandom) => ReadonlyArray<{ readonly kind: WorkKind, readonly weight: number }>
}

/** CPU time of a request outside its handler. */
const OVERHEAD_MS = 0.02

export type Duration = (random: SeededRandom, mean: number) => number

const fixed: Duration = (_random, mean) => mean

/** Half the CPU time, an await, the other half: the shape of the reference's measurements. */
export function cpuAwaitCpu (cpuMs: number, awaitMs: number, cpu: Duration = fixed, wait: Duration = fixed): SimulatedService {
  return {
    name: `${cpuMs} ms CPU, ${awaitMs} ms await${cpu === fixed && wait === fixed ? '' : ', heavy-tailed'}`,
    capacity: 1000 / (cpuMs + OVERHEAD_MS),
    kinds: random => [{ weight: 1, kind: kindOf(0, random, cpuMs, awaitMs, cpu, wait) }]
  }
}

export function mixOf (name: string, parts: ReadonlyArray<{ weight: number, cpuMs: number, awaitMs: number }>, cpu: Duration = fixed, wait: Duration = fixed): SimulatedService {
  const total = parts.reduce((sum, part) => sum + part.weight, 0)
  const mean = parts.reduce((sum, part) => sum + part.weight * part.cpuMs, 0) / total
  return {
    name,
    capacity: 1000 / (mean + OVERHEAD_MS),
    kinds: random => parts.map((part, index) => ({ weight: part.weight, kind: kindOf(index, random, part.cpuMs, part.awaitMs, cpu, wait) }))
  }
}

/** Requests of one route that have little in common: each draws what it does. */
export function drawnOf (name: string, parts: ReadonlyArray<{ weight: number, cpuMs: number, awaitMs: number }>): SimulatedService {
  const { capacity, kinds } = mixOf(name, parts)
  return {
    name,
    capacity,
    kinds: random => {
      const drawn = kinds(random)
      const total = parts.reduce((sum, { weight }) => sum + weight, 0)
      const draw = (): readonly Stage[] => {
        let point = random.next() * total
        return (drawn.find(({ weight }) => (point -= weight) < 0) ?? drawn[0]!).kind.stages()
      }
      return [{ weight: 1, kind: { name, routeId: 0, stages: draw } }]
    }
  }
}

/** Many short pieces of CPU time with waits of `awaitMs` between them. */
export function manyStages (stages: number, cpuMs: number, awaitMs: number): SimulatedService {
  return {
    name: `${stages} stages of ${cpuMs} ms, ${awaitMs} ms apart`,
    capacity: 1000 / (stages * cpuMs + OVERHEAD_MS),
    kinds: () => {
      const stage: Stage = { cpuMs: () => cpuMs, then: { kind: 'time', ms: () => awaitMs } }
      const list = [...Array<Stage>(stages - 1).fill(stage), { cpuMs: () => cpuMs }]
      return [{ weight: 1, kind: { name: 'staged', routeId: 0, stages: () => list } }]
    }
  }
}

/** Little CPU time, and a call through a pool of `size`, each taking `serviceMs`. */
export function pooled (size: number, cpuMs: number, serviceMs: number, duration: Duration = fixed): SimulatedService {
  return {
    name: `pool of ${size}, ${serviceMs} ms each`,
    capacity: Math.min(1000 / (cpuMs + OVERHEAD_MS), size * 1000 / serviceMs),
    kinds: random => {
      const pool = new DownstreamPool(size, () => duration(random, serviceMs))
      const list: Stage[] = [{ cpuMs: () => cpuMs / 2, then: { kind: 'pool', pool } }, { cpuMs: () => cpuMs / 2 }]
      return [{ weight: 1, kind: { name: 'pooled', routeId: 0, stages: () => list } }]
    }
  }
}

function kindOf (routeId: number, random: SeededRandom, cpuMs: number, awaitMs: number, cpu: Duration, wait: Duration): WorkKind {
  const half = (): number => cpu(random, cpuMs / 2)
  const list: Stage[] = awaitMs === 0
    ? [{ cpuMs: () => cpu(random, cpuMs) }]
    : [{ cpuMs: half, then: { kind: 'time', ms: () => wait(random, awaitMs) } }, { cpuMs: half }]
  return { name: `${cpuMs}/${awaitMs}`, routeId, stages: () => list }
}

/** Shares of the classes in the traffic. */
export type ClassMix = ReadonlyArray<readonly [rank: PriorityRank, weight: number]>

/** The mix of the reference's measurements: critical 5, normal 65, low 30 %. */
export const USUAL_MIX: ClassMix = [[1, 5], [3, 65], [4, 30]]

export function trafficOf (service: SimulatedService, classes: ClassMix = USUAL_MIX, clients = 2000): (random: SeededRandom) => readonly TrafficShare[] {
  return random => service.kinds(random).flatMap(({ kind, weight }) => classes.map(([rank, part]): TrafficShare => ({
    weight: weight * part, rank, kind, client: () => Math.floor(random.next() * clients)
  })))
}
