/** A source of numbers in [0, 1). */
export type Random = () => number

/** mulberry32 (Tommy Ettinger, public domain): 32 bits of state, good enough for arrivals and for choosing classes. */
export function seededRandom (seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6D2B79F5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

/** An exponentially distributed number with mean 1. `1 - random()` keeps the logarithm away from 0. */
export function exponential (random: Random): number {
  return -Math.log(1 - random())
}

/** Chooses an index in proportion to its weight. */
export function weightedChoice (weights: readonly number[], random: Random): () => number {
  const bounds: number[] = []
  let total = 0
  for (const weight of weights) bounds.push(total += weight)
  return () => {
    const point = random() * total
    const index = bounds.findIndex(bound => point < bound)
    return index === -1 ? bounds.length - 1 : index
  }
}
