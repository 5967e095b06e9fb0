import type { Json } from '@plimsoll/core'
import { bytesText, dateText, millisecondsText, numberText, shareText, wordsOf } from '../state/format.ts'

// 2017 to 2099: nothing else that is counted is as large, but bytes.
const EARLIEST_TIME = 1.5e12
const LATEST_TIME = 4.1e12

/** A number, string, boolean or null of a snapshot as people write it. The name of a figure tells its unit. */
export function scalarText (name: string, value: string | number | boolean | null, now: number): string {
  if (value === null) return '–'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'string') return value === '' ? '–' : value
  if (/bytes$/i.test(name)) return bytesText(value)
  if (value > EARLIEST_TIME && value < LATEST_TIME) return dateText(value, now)
  if (/(^ms|Ms)$/.test(name)) return millisecondsText(value)
  if (/seconds$/i.test(name)) return millisecondsText(value * 1000)
  if (/(share|rate|utili[sz]ation|ratio|efficiency)$/i.test(name) && value >= 0 && value <= 1) return shareText(value)
  return Number.isInteger(value) && Math.abs(value) < 1e9 ? value.toLocaleString('en-US') : numberText(value)
}

/** The name of a figure without its unit, which stands at the value. */
export function labelOf (name: string): string {
  return wordsOf(name).replace(/(?<=.) (ms|bytes|seconds)$/, '')
}

export type JsonRecord = { readonly [key: string]: Json }

export function isRecord (value: Json | undefined): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An array that is best shown as a table: of objects only. */
export function asRows (value: Json): readonly JsonRecord[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined
  const rows: readonly Json[] = value
  const records = rows.filter((row) => isRecord(row))
  return records.length === rows.length ? records : undefined
}

/** The keys of all rows in the order of their first appearance, those with nothing but nested values last. */
export function keysOf (rows: readonly JsonRecord[]): string[] {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const isNested = (key: string): boolean => rows.every((row) => typeof row[key] === 'object' && row[key] !== null)
  return [...keys.filter((key) => !isNested(key)), ...keys.filter(isNested)]
}

/** Parts of a record that have the same figures each, such as counts by priority: rows of one table. */
export function matrixOf (record: JsonRecord): ReadonlyArray<readonly [name: string, figures: JsonRecord]> {
  const parts = Object.entries(record).flatMap(([name, value]) => isRecord(value) && isFlat(value) ? [[name, value] as const] : [])
  const shapes = Map.groupBy(parts, ([, figures]) => JSON.stringify(Object.keys(figures)))
  const [largest] = [...shapes.values()].sort((a, b) => b.length - a.length)
  return largest === undefined || largest.length < 2 ? [] : largest
}

function isFlat (record: JsonRecord): boolean {
  const values = Object.values(record)
  return values.length > 1 && values.every((value) => typeof value !== 'object' || value === null)
}

/** A value with its unit, where the unit is a phrase such as "bytes an hour". */
export function quantityText (value: number | null, unit: string): string {
  const [first = '', ...rest] = unit.split(' ')
  return first === 'bytes' ? [bytesText(value), ...rest].join(' ') : `${value === null ? '–' : String(value)} ${unit}`.trim()
}
