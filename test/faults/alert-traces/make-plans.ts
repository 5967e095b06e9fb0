import { Random } from '@plimsoll/core/testing'
import { FAULTY } from './faulty-plans.ts'
import type { Kind, Sketch } from './faulty-plans.ts'
import { HEALTHY } from './healthy-plans.ts'
import { CPU_SECONDS } from './mixes.ts'
import type { Plan, Stream } from './plan.ts'

/** Of fifty with a fault, and of fifty without. What takes a quarter of an hour is rare. */
const FAULTY_SHARES: Readonly<Record<string, number>> = {
  latency: 6, 'slow-route': 5, errors: 8, leak: 4, stall: 6, 'hot-loop': 5, upstream: 6, drop: 3, pool: 3, memory: 2, collections: 2
}
const HEALTHY_SHARES: Readonly<Record<string, number>> = {
  steady: 10, deploy: 8, 'cold-start': 7, night: 3, batch: 5, idle: 6, overload: 4, blips: 4, 'another-mix': 3
}

/** Processor time a second of a shop that nobody visits. */
const IDLE_CPU = 0.012

/** The first `count` of the traces of this seed; each second one has a fault. */
export function makePlans (seed: number, count: number): Plan[] {
  const faulty = inTurn(FAULTY_SHARES)
  const healthy = inTurn(HEALTHY_SHARES)
  return Array.from({ length: count }, (_, index) => {
    const kind = (index % 2 === 0 ? faulty : healthy)()
    const random = new Random(mixed(seed, index))
    return finished(`${String(index + 1).padStart(3, '0')}-${kind}`, kind, random, sketchOf(kind)(random))
  })
}

function sketchOf (kind: string): Kind {
  const sketch = FAULTY[kind] ?? HEALTHY[kind]
  if (sketch === undefined) throw new Error(`there is no kind ${kind}`)
  return sketch
}

function finished (name: string, kind: string, random: Random, { burns = false, happenings = [], ...sketch }: Sketch): Plan {
  const cpu = sketch.streams.reduce((sum, stream) => sum + busiest(stream) * CPU_SECONDS[stream.mix], IDLE_CPU)
  return { ...sketch, name, kind, seed: Math.floor(random.next() * 2 ** 32), happenings, cpu, burns }
}

function busiest ({ phases }: Stream): number { return Math.max(...phases.flatMap(({ rate, toRate = rate }) => [rate, toRate])) }

/** Kinds in turn, each as often as its share, evenly spread: smooth weighted round robin, as in nginx. */
function inTurn (shares: Readonly<Record<string, number>>): () => string {
  const credit = new Map(Object.keys(shares).map(kind => [kind, 0]))
  const whole = Object.values(shares).reduce((sum, share) => sum + share, 0)
  return () => {
    for (const [kind, share] of Object.entries(shares)) credit.set(kind, (credit.get(kind) ?? 0) + share)
    const [kind] = [...credit].reduce((best, next) => next[1] > best[1] ? next : best)
    credit.set(kind, (credit.get(kind) ?? 0) - whole)
    return kind
  }
}

function mixed (seed: number, index: number): number {
  const hash = Math.imul(seed ^ Math.imul(index + 1, 0x9E3779B1), 0x85EBCA6B)
  return (hash ^ (hash >>> 15)) >>> 0
}
