/** Steps of a time axis in milliseconds. */
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800].map((seconds) => seconds * 1000)

/** Seconds that the charts reach back while there is not more to show. */
const SPANS = [60, 120, 300, 600]

/**
 * How much of `range` seconds is worth showing when the oldest sample is `age` milliseconds old: a page that was just
 * opened on a service that keeps no history would be an empty one for long.
 */
export function spanFor (age: number, range: number): number {
  return (SPANS.find((seconds) => seconds < range && age <= seconds * 1000) ?? range) * 1000
}

/** Ticks between two times, at round times, at most `count`. */
export function timeTicks (from: number, to: number, count: number): number[] {
  const step = TIME_STEPS.find((candidate) => (to - from) / candidate <= count) ?? 3_600_000
  const ticks: number[] = []
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) ticks.push(at)
  return ticks
}

/**
 * Upper end of an axis that begins at 0: a round number of times a power of ten (of two for bytes) above the
 * largest value, not lower than `least` and not higher than `most`. `current` is kept while the values fill at least a third of it: an axis
 * that moves all the time can't be read.
 */
export function topOf (largest: number, { least, most = Infinity, current = 0, binary = false }: { readonly least: number, readonly most?: number, readonly current?: number, readonly binary?: boolean }): number {
  const wanted = Math.min(most, Math.max(largest * 1.05, least))
  if (current >= wanted && wanted > current / 3) return current
  const unit = binary ? 1024 ** Math.floor(Math.log2(wanted) / 10) : 1
  const value = wanted / unit
  const power = 10 ** Math.floor(Math.log10(value))
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((candidate) => candidate * power >= value * (1 - 1e-9)) ?? 10
  return Math.min(most, step * power * unit)
}
