/**
 * A revision carries the generation of the data in its high bits and a counter that rises with every commit in its low
 * 53. Data that was lost and begun anew has another generation, so a revision of the old data never matches the new.
 */
const COUNTER_BITS = 53n

/** `generation` is a positive integer, by custom the store's Unix milliseconds when its data began. */
export function revisionOf (generation: number, counter: number): bigint {
  return (BigInt(generation) << COUNTER_BITS) | BigInt(counter)
}

export function generationOf (revision: bigint): number {
  return Number(revision >> COUNTER_BITS)
}

/** The revision of a key that does not exist: what a check asks for to create it. */
export const ABSENT = 0n
