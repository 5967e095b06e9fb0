import { cut, padEnd, padStart, widthOf } from './printable.ts'
import type { Level, Paint } from './paint.ts'
import { MARKS } from './paint.ts'

export interface Column {
  readonly title: string
  /** Figures stand at the right. @default 'left' */
  readonly align?: 'left' | 'right'
  /** Cut first; one of them is. */
  readonly grows?: true
}

export interface Row {
  readonly level: Level
  /** One a column; printable already. */
  readonly cells: readonly string[]
}

export interface Table {
  readonly title: string
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
}

const GAP = 2
const LEAST = 8

/** A line of titles, and at most `most` (1 or more) others; where rows are left out, the last says how many. */
export function tableLines ({ title, columns, rows }: Table, { width, most, paint }: { readonly width: number, readonly most: number, readonly paint: Paint }): readonly string[] {
  const shown = rows.slice(0, rows.length > most ? most - 1 : most)
  const widths = widthsOf(columns, title, shown, width)
  const lineOf = (cells: readonly string[]): string => columns.map(({ align }, i) => (align === 'right' ? padStart : padEnd)(cut(cells[i]!, widths[i]!), widths[i]!)).join(' '.repeat(GAP))
  const lines = [paint.strong(cut(`  ${lineOf(columns.map((column, i) => i === 0 ? title : column.title))}`, width).trimEnd())]
  for (const { level, cells } of shown) {
    const line = cut(`${MARKS[level]} ${lineOf(cells)}`, width).trimEnd()
    lines.push(level === 'ok' ? line : paint.level(level, line))
  }
  if (shown.length < rows.length) lines.push(paint.dim(cut(`  … ${rows.length - shown.length} more`, width)))
  return lines
}

/** As wide as what is in it; where that is too much, the growing column gives way, and then the first. */
function widthsOf (columns: readonly Column[], title: string, rows: readonly Row[], width: number): readonly number[] {
  const widths = columns.map((column, i) => Math.max(widthOf(i === 0 ? title : column.title), ...rows.map(({ cells }) => widthOf(cells[i]!))))
  let excess = 2 + widths.reduce((sum, one) => sum + one + GAP, -GAP) - width
  for (const i of [columns.findIndex(({ grows }) => grows), 0]) {
    const less = Math.max(0, Math.min(excess, widths[i]! - LEAST))
    widths[i]! -= less
    excess -= less
  }
  return widths
}
