/**
 * A table that is asked by somebody else's words, such as the health of a component: without a prototype, so that
 * `__proto__` and `constructor` are words that it doesn't know.
 */
export function byWord<const Table extends object> (table: Table): Readonly<Table> {
  return Object.assign(Object.create(null), table)
}
