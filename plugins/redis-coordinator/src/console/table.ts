/** Rows of text in columns. What others wrote is shown without control characters: a terminal would obey them. */
export function table (headings: readonly string[], rows: readonly (readonly unknown[])[]): string {
  if (rows.length === 0) return 'none\n'
  const columns = headings.map((heading, column) => {
    const texts = [heading, ...rows.map((row) => cell(row[column]))]
    const width = Math.max(...texts.map(({ length }) => length))
    return texts.map((text) => text.padEnd(width))
  })
  return [headings, ...rows].map((_, row) => `${columns.map((texts) => texts[row]).join('  ').trimEnd()}\n`).join('')
}

function cell (value: unknown): string {
  const text = typeof value === 'string' ? value : value === undefined || value === null ? '-' : JSON.stringify(value)
  return text.slice(0, 200).replace(/\p{Cc}/gu, '?')
}
