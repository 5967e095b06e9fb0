/**
 * Bounds of a share that was seen as `hits` of `total`, `z` standard errors away (3 is 99.9 %): what the true share is at
 * least and at most, honest for small numbers. E. B. Wilson, "Probable inference, the law of succession, and statistical
 * inference", JASA 22 (1927).
 */
export function wilsonBounds (hits: number, total: number, z: number): { readonly lower: number, readonly upper: number } {
  if (total <= 0) return { lower: 0, upper: 1 }
  const share = hits / total
  const z2 = z * z
  const centre = share + z2 / (2 * total)
  const margin = z * Math.sqrt((share * (1 - share) + z2 / (4 * total)) / total)
  const scale = 1 + z2 / total
  return { lower: Math.max(0, (centre - margin) / scale), upper: Math.min(1, (centre + margin) / scale) }
}
