import type { Subject } from './subjects.ts'

/** Subjects whose loops make only a part of the calls, since one costs so much. */
const DIVISOR: Readonly<Record<string, number>> = { 'mollitia count': 50, 'mollitia count of 1,000': 50 }

export interface Costs {
  /** CPU in ns of a call, round by round. */
  readonly ns: ReadonlyMap<string, readonly number[]>
}

/**
 * CPU of a call of each, all in each round, every other round in the reverse order: what changes with time (compiled code, clock
 * speed, neighbours) falls on all alike. CPU and not wall time, since the machine is shared.
 */
export async function interleave (subjects: readonly Subject[], options: { readonly rounds: number, readonly times: number, readonly divisors?: Readonly<Record<string, number>>, readonly round?: (round: number) => void }): Promise<Costs> {
  const ns = new Map<string, number[]>(subjects.map(({ name }) => [name, []]))
  for (const { run } of subjects) await run(options.times)
  for (let round = 0; round < options.rounds; round++) {
    options.round?.(round)
    for (const { name, run } of round % 2 === 0 ? subjects : [...subjects].reverse()) {
      const calls = Math.ceil(options.times / ((options.divisors ?? DIVISOR)[name] ?? 1))
      const before = process.cpuUsage()
      await run(options.times)
      const { user, system } = process.cpuUsage(before)
      ns.get(name)?.push((user + system) * 1000 / calls)
      // The loop turns between two: timers of peers run, and nothing is charged to the next.
      await new Promise(resolve => { setImmediate(resolve) })
    }
  }
  return { ns }
}

/** Round by round, `a` over `b`. */
export function ratios ({ ns }: Costs, a: string, b: string): number[] {
  return (ns.get(a) ?? []).map((value, round) => value / (ns.get(b)?.[round] ?? NaN))
}

/** Round by round, what `a` adds to `base` over what `b` adds to it. */
export function addedRatios ({ ns }: Costs, a: string, b: string, base: string): number[] {
  const at = (name: string, round: number): number => ns.get(name)?.[round] ?? NaN
  return (ns.get(a) ?? []).map((value, round) => (value - at(base, round)) / (at(b, round) - at(base, round)))
}
