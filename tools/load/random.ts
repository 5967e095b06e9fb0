/** A source of numbers in [0, 1). */
export type Random = () => number

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
