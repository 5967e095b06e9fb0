import { HEAT_ROWS } from '../view/heat.ts'
import { shortName, shortText } from '../view/figure.ts'
import type { HistoryAnswer } from '../view/history-answer.ts'
import { MAX_HISTORY_MARKS } from '../view/marks.ts'
import type { Mark } from '../view/view.ts'
import { isRecord } from './history-message.ts'

const MAX_POINTS = 1000
const MAX_COLUMNS = 100
const COLUMN_NAME = /^[a-z]\w{0,60}$/i
const SEVERITIES: ReadonlyArray<Mark['severity']> = ['info', 'warning', 'error']

/** The history of `instance` as another process tells it: untrusted. `undefined` where it is none. */
export function readHistory (given: unknown, instance: string): HistoryAnswer | undefined {
  if (!isRecord(given) || given['instance'] !== instance) return undefined
  const { step, at, columns, heat, marks } = given
  if (!isTime(step) || step === 0 || !isTimes(at) || !isRecord(columns)) return undefined
  const read = readColumns(columns, at.length)
  if (read === undefined) return undefined
  if (heat === undefined && marks === undefined) return { instance, step, at, columns: read }
  if (!Array.isArray(heat) || !Array.isArray(marks)) return undefined
  return { instance, step, at, columns: read, heat: readHeat(heat, at.length), marks: marks.slice(0, MAX_HISTORY_MARKS).flatMap((mark) => readMark(mark, instance)) }
}

function readColumns (given: Readonly<Record<string, unknown>>, length: number): HistoryAnswer['columns'] | undefined {
  const entries = Object.entries(given).filter(([name]) => COLUMN_NAME.test(name))
  if (entries.length > MAX_COLUMNS) return undefined
  const columns: Array<readonly [string, ReadonlyArray<number | null>]> = []
  for (const [name, values] of entries) {
    if (!Array.isArray(values) || values.length !== length || !values.every(isFigure)) return undefined
    columns.push([name, values])
  }
  return Object.fromEntries(columns)
}

/** A column that is none is an empty one. */
function readHeat (given: readonly unknown[], length: number): ReadonlyArray<readonly number[]> {
  return Array.from({ length }, (_, index) => {
    const column = given[index]
    return Array.isArray(column) && column.length <= 2 * HEAT_ROWS && column.every(isTime) ? column : []
  })
}

function readMark (given: unknown, instance: string): Mark[] {
  if (!isRecord(given)) return []
  const { at, kind, severity, component, event, text } = given
  const known = SEVERITIES.find((one) => one === severity)
  if (!isTime(at) || known === undefined || typeof component !== 'string' || typeof event !== 'string' || typeof text !== 'string') return []
  return [{ at, kind: kind === 'alert' ? 'alert' : 'journal', severity: known, instance, component: shortName(component), event: shortName(event), text: shortText(text) }]
}

function isTimes (value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length <= MAX_POINTS && value.every((time, index) => isTime(time) && (index === 0 || time > value[index - 1]))
}

function isTime (value: unknown): value is number { return typeof value === 'number' && Number.isFinite(value) && value >= 0 }

function isFigure (value: unknown): value is number | null { return value === null || typeof value === 'number' }
