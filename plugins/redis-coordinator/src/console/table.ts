/** Rows of text in columns. What others wrote is shown without control characters: a terminal would obey them. */
export function table (headings: readonly string[], rows: readonly (readonly unknown[])[]): string {
  if (rows.length === 0) return 'none\n'
  const cells = [headings, ...rows.map((row) => row.map(cell))]
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  return cells.map((row) => `${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ').trimEnd()}\n`).join('')
}

function cell (value: unknown): string {
  const text = typeof value === 'string' ? value : value === undefined || value === null ? '-' : JSON.stringify(value)
  return text.slice(0, 200).replace(/\p{Cc}/gu, '?')
}
