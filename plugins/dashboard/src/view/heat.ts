// Free of Node and of core: the page draws by it as well.

/** Rows of the latency heatmap: three to an octave of microseconds. */
export const HEAT_ROWS = 61

const ROWS_PER_OCTAVE = 3
/** Everything faster is in row 0. */
const FIRST_BOUND_US = 64

/** Row of a latency in microseconds: 0 below 64 µs, then three to a doubling; the last is for everything above 53 s. */
export function heatRowOf (us: number): number {
  if (!(us >= FIRST_BOUND_US)) return 0
  // Rounding must not put a bound into the row below it.
  const row = 1 + Math.floor(ROWS_PER_OCTAVE * Math.log2(us / FIRST_BOUND_US) + 1e-9)
  return Math.min(row, HEAT_ROWS - 1)
}

/** Lower bound of each row in microseconds. */
export const heatBounds: readonly number[] = Array.from({ length: HEAT_ROWS }, (_, row) => row === 0 ? 0 : FIRST_BOUND_US * 2 ** ((row - 1) / ROWS_PER_OCTAVE))
