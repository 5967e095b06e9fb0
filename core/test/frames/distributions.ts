import { seededRandom } from '@plimsoll/core/testing'

/** Milliseconds, `count` of each shape that latencies come in. */
export function distributions (count: number, seed: number): Readonly<Record<string, readonly number[]>> {
  const random = seededRandom(seed)
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const make = (value: () => number): number[] => Array.from({ length: count }, value)
  return {
    'log-normal': make(() => Math.exp(2 + normal())),
    bimodal: make(() => random() < 0.9 ? 2 + random() : 400 + 50 * random()),
    constant: make(() => 12.345),
    Pareto: make(() => 1 / (1 - random()) ** (1 / 1.2)),
    uniform: make(() => random() * 1000),
    exponential: make(() => -20 * Math.log(1 - random())),
    microsecond: make(() => 0.001),
    hour: make(() => 3_600_000 * (0.5 + random() / 2))
  }
}
