import { byWord } from '../view/by-word.ts'
import type { ComponentDetail } from '../view/view.ts'
import { printable } from './printable.ts'
import type { Level } from './paint.ts'
import type { Row, Table } from './table.ts'
import { count, percent } from './words.ts'

type Snapshot = ComponentDetail['snapshot']

/** From here on a pool is worth its while; below the other it is not. */
const EFFICIENT = 0.8
const INEFFICIENT = 0.5
const MAX_RECOMMENDATIONS = 20
/** Of the cells: after the name and the health. */
const FIRST_FIGURE = 2

/**
 * What runs, with sizes and efficiency where its snapshot has them: `size`, `max`, `inUse`, `waiting` and `efficiency`
 * (0 to 1). What is not well comes first; what is well and has no such figures is counted in one line.
 */
export function componentsTable (components: readonly ComponentDetail[]): Table {
  const rows = components.map(rowOf)
  const shown = rows.filter(({ level, cells }) => level !== 'ok' || cells.slice(FIRST_FIGURE).some((cell) => cell !== ''))
  const others = rows.length - shown.length
  return {
    title: 'COMPONENTS',
    columns: [{ title: '', grows: true }, { title: 'health' }, { title: 'size', align: 'right' }, { title: 'in use', align: 'right' }, { title: 'waiting', align: 'right' }, { title: 'efficiency', align: 'right' }],
    rows: [
      ...shown.sort((a, b) => RANK[b.level] - RANK[a.level]),
      ...(others === 0 ? [] : [{ level: 'ok' as const, cells: [shown.length === 0 ? `all ${others}` : `${others} more`, 'ok', '', '', '', ''] }])
    ]
  }
}

/** What components advise, in the `recommendations` of their snapshots: texts, or objects with a `text` or `reason`. */
export function recommendationsOf (components: readonly ComponentDetail[]): readonly string[] {
  return components.flatMap(({ name, snapshot }) => {
    const given = snapshot['recommendations']
    if (!Array.isArray(given)) return []
    return given.map(textOf).filter((text) => text !== undefined).map((text) => printable(`${name}: ${text}`))
  }).slice(0, MAX_RECOMMENDATIONS)
}

const RANK: Readonly<Record<Level, number>> = { ok: 0, notice: 1, warning: 2, critical: 3 }

function rowOf ({ kind, name, instance, health, snapshot }: ComponentDetail): Row {
  const size = numberIn(snapshot, 'size')
  const max = numberIn(snapshot, 'max')
  const inUse = numberIn(snapshot, 'inUse')
  const waiting = numberIn(snapshot, 'waiting')
  const efficiency = numberIn(snapshot, 'efficiency')
  const { reason } = health
  return {
    level: worst(HEALTH[health.status] ?? 'notice', waiting !== undefined && waiting > 0 ? 'warning' : 'ok', efficiency === undefined ? 'ok' : levelOfEfficiency(efficiency)),
    cells: [
      printable(`${kind} ${kind === name ? '' : `${name} `}${instance}`),
      printable(typeof reason === 'string' ? `${health.status}: ${reason}` : health.status),
      size === undefined ? '' : max === undefined ? count(size) : `${count(size)}/${count(max)}`,
      inUse === undefined ? '' : count(inUse),
      waiting === undefined ? '' : count(waiting),
      efficiency === undefined ? '' : percent(efficiency)
    ]
  }
}

function levelOfEfficiency (efficiency: number): Level {
  if (efficiency >= EFFICIENT) return 'ok'
  return efficiency >= INEFFICIENT ? 'notice' : 'warning'
}

const HEALTH: Readonly<Record<ComponentDetail['health']['status'], Level>> = byWord({ ok: 'ok', degraded: 'warning', failing: 'critical' })

function worst (...levels: readonly Level[]): Level {
  return levels.reduce((a, b) => RANK[a] >= RANK[b] ? a : b)
}

function numberIn (snapshot: Snapshot, name: string): number | undefined {
  const value = snapshot[name]
  return typeof value === 'number' ? value : undefined
}

function textOf (given: Snapshot[string]): string | undefined {
  if (typeof given === 'string') return given
  if (!isRecord(given)) return undefined
  return [given['text'], given['reason']].find((one) => typeof one === 'string')
}

function isRecord (value: Snapshot[string] | undefined): value is Snapshot {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
