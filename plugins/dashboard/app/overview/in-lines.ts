/** Characters that have room beside an icon and a time where the window is 1280 px wide. */
const LINE_LENGTH = 64

/** The first of the rows that have room in so many lines: a long text takes two of them. At least one row. */
export function inLines<Row> (rows: readonly Row[], lines: number, textOf: (row: Row) => string): readonly Row[] {
  let used = 0
  const end = rows.findIndex((row) => (used += textOf(row).length > LINE_LENGTH ? 2 : 1) > lines)
  return end < 0 ? rows : rows.slice(0, Math.max(1, end))
}
