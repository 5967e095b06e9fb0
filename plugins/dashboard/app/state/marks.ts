import type { Mark } from '../../src/view/view.ts'

/** Marks kept; older ones make room. */
export const MAX_MARKS = 200
const KEPT_MS = 3_600_000

/** The marks with new ones added, oldest first, each once (a replay repeats them), of the last hour. */
export function addMarks (known: readonly Mark[], added: readonly Mark[], now: number): readonly Mark[] {
  const keys = new Set(known.map(keyOf))
  const fresh = added.filter((mark) => {
    const isNew = !keys.has(keyOf(mark))
    keys.add(keyOf(mark))
    return isNew
  })
  const oldest = known[0]
  if (fresh.length === 0 && (oldest === undefined || oldest.at >= now - KEPT_MS)) return known
  return [...known, ...fresh].filter(({ at }) => at >= now - KEPT_MS).sort((a, b) => a.at - b.at).slice(-MAX_MARKS)
}

/** Name of a mark, the same for the same happening. */
export function keyOf ({ at, instance, component, event, text }: Mark): string {
  return JSON.stringify([at, instance, component, event, text])
}

/** The mark nearest to a time, if one is within `tolerance` milliseconds. */
export function markNear (marks: readonly Mark[], at: number, tolerance: number): Mark | undefined {
  let nearest: Mark | undefined
  for (const mark of marks) {
    if (Math.abs(mark.at - at) <= tolerance && (nearest === undefined || Math.abs(mark.at - at) < Math.abs(nearest.at - at))) nearest = mark
  }
  return nearest
}
