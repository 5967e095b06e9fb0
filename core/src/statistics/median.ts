/** The middle of the values; of an even number, the mean of the middle two; NaN of none. */
export function median (values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The `q`-quantile, 0 to 1, with linear interpolation; NaN of none. */
export function quantile (values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = q * (sorted.length - 1)
  const low = sorted[Math.floor(at)] ?? NaN
  const high = sorted[Math.ceil(at)] ?? NaN
  return low + (high - low) * (at - Math.floor(at))
}

/** Median absolute deviation, scaled so that it estimates the standard deviation of a normal distribution (1.4826). */
export function robustDeviation (values: readonly number[], centre: number = median(values)): number {
  return 1.4826 * median(values.map(value => Math.abs(value - centre)))
}
