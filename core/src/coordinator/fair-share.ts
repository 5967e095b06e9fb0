export interface Demand {
  /** Decides between equals, so that every instance computes the same. */
  readonly key: string
  readonly wants: number
  /** Kept by it even while it wants less. */
  readonly floor: number
}

/**
 * Max-min fairness by water filling, in whole permits: nobody gets more than it wants while another could have it, floors
 * first, and the remainder of the rounding is given away one by one. Exact, where Doorman's FAIR_SHARE stops after two
 * rounds. O(n log n).
 */
export function fairShare (total: number, demands: readonly Demand[]): ReadonlyMap<string, number> {
  const shares = new Map<string, number>()
  const sorted = [...demands].sort((a, b) => a.key < b.key ? -1 : 1)
  let left = total
  for (const { key, floor } of sorted) {
    const share = Math.min(floor, left)
    shares.set(key, share)
    left -= share
  }
  if (left > 0) pour(left, sorted, shares)
  return shares
}

/** Raises the level that all have in common until `left` is given away or everybody has what it wants. */
function pour (left: number, demands: readonly Demand[], shares: Map<string, number>): void {
  const shareOf = ({ key }: Demand): number => shares.get(key)!
  const given = (level: number): number => demands.reduce((sum, demand) => sum + gain(demand, shareOf(demand), level), 0)
  let low = 0
  let high = demands.reduce((most, { wants }) => Math.max(most, wants), 0)
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (given(middle) <= left) low = middle
    else high = middle - 1
  }
  let rest = left - given(low)
  for (const demand of demands) {
    const share = shareOf(demand)
    const one = rest > 0 && demand.wants > low && share <= low ? 1 : 0
    rest -= one
    shares.set(demand.key, share + gain(demand, share, low) + one)
  }
}

function gain ({ wants }: Demand, share: number, level: number): number {
  return Math.max(0, Math.min(wants, level) - share)
}
