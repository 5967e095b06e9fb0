import type { ComponentDetail, View } from '../view/view.ts'
import { componentsTable, recommendationsOf } from './component-rows.ts'
import { levelOf, SIGNS } from './paint.ts'
import type { Paint } from './paint.ts'
import { cut, printable, widthOf, wrap } from './printable.ts'
import { tableLines } from './table.ts'
import type { Table } from './table.ts'
import { alertsTable, instancesTable, protectionsTable, routesTable, saturationFigures, trafficFigures, upstreamsTable } from './view-tables.ts'
import { timeOfDay } from './words.ts'

export interface Shown {
  readonly view: View
  readonly components: readonly ComponentDetail[]
  /** Why nothing new comes; undefined: it does. */
  readonly lost: string | undefined
}

export interface Room {
  readonly width: number
  /** Lines; `Infinity` on paper. */
  readonly height: number
  readonly paint: Paint
}

const MAX_SENTENCE_LINES = 3
const MAX_FIGURE_LINES = 3
const GAP = '   '
/** A title and two rows: with less, a table says nothing. */
const LEAST_LINES = 3

/** The overview as lines, none wider, and not more of them, than there is room. */
export function screenLines ({ view, components, lost }: Shown, { width, height, paint }: Room): readonly string[] {
  const head = headLines(view, lost, { width, paint, onPaper: height === Infinity })
  const advice = recommendationsOf(components).map((text) => paint.level('notice', cut(`i ${text}`, width)))
  const tables = [
    alertsTable(view),
    ...(view.instances.length > 1 || view.instances.some(({ state }) => state === 'stale') ? [instancesTable(view)] : []),
    routesTable(view),
    upstreamsTable(view),
    protectionsTable(view),
    componentsTable(components)
  ].filter(({ rows }) => rows.length > 0)
  const shares = sharesOf(tables, height - head.length - (advice.length > 0 ? advice.length + 1 : 0))
  const body = tables.flatMap((table, i) => shares[i]! < 1 ? [] : ['', ...tableLines(table, { width, most: shares[i]! - 1, paint })])
  const lines = [...head, ...body, ...(advice.length > 0 ? ['', ...advice] : [])]
  const shown = lines.slice(0, Math.max(1, height))
  return lost === undefined ? shown : shown.map((line, i) => i < head.length ? line : paint.dim(line))
}

/** The sentence, what it rests on, and the figures. */
function headLines (view: View, lost: string | undefined, { width, paint, onPaper }: Omit<Room, 'height'> & { readonly onPaper: boolean }): readonly string[] {
  const { status: { level: word, sentence, evidence }, of, at, instances } = view
  const level = levelOf(word)
  const whose = of !== 'all' ? printable(of) : instances.length > 1 ? `all ${instances.length} instances` : printable(instances[0]?.instance ?? '')
  const title = paint.dim(cut(`${whose}   ${timeOfDay(at)} UTC${onPaper ? '' : '   q ends, i shows the next instance'}`, width))
  const stated = wrap(`${SIGNS[level]}  ${printable(sentence)}`, width, MAX_SENTENCE_LINES)
  return [
    title,
    ...(lost === undefined ? stated.map((line) => paint.level(level, line)) : [paint.level('critical', cut(`NO DATA since ${timeOfDay(at)} UTC, trying again: ${printable(lost)}`, width)), ...stated.map((line) => paint.dim(line))]),
    ...(evidence.length > 0 ? inLines(evidence.map(({ label, value }) => printable(`${label} ${value}`)), width) : []),
    '',
    ...inLines(trafficFigures(view), width).map((line) => lost === undefined ? paint.strong(line) : paint.dim(line)),
    ...inLines(saturationFigures(view), width)
  ]
}

/** Side by side; a figure is never parted from its name. */
function inLines (parts: readonly string[], width: number): readonly string[] {
  const lines: string[] = []
  for (const part of parts) {
    const last = lines.at(-1)
    if (last !== undefined && widthOf(last) + GAP.length + widthOf(part) <= width) lines[lines.length - 1] = last + GAP + part
    else lines.push(cut(part, width))
  }
  return lines.slice(0, MAX_FIGURE_LINES)
}

/** Lines for each table, a blank one ahead of it not counted: the same for all, as far as they want them. */
function sharesOf (tables: readonly Table[], lines: number): readonly number[] {
  const wants = tables.map(({ rows }) => rows.length + 1)
  const shares = tables.map(() => 0)
  let left = lines
  // Title and first rows in the order of importance, then line by line in turn.
  for (const [i, want] of wants.entries()) {
    const least = Math.min(want, LEAST_LINES)
    if (left < least + 1) break
    shares[i] = least
    left -= least + 1
  }
  for (let grew = true; grew && left > 0;) {
    grew = false
    for (const [i, want] of wants.entries()) {
      if (left < 1 || shares[i] === 0 || shares[i]! >= want) continue
      shares[i]! += 1
      left -= 1
      grew = true
    }
  }
  return shares
}
