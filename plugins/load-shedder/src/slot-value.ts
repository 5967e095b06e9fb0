/** The value in a slot of a table of numbers; 0, as in a slot never written, outside of it. Allocates nothing. */
export function slotValue (table: ArrayLike<number>, slot: number): number {
  return table[slot] ?? 0
}
