import type { Json } from './component.ts'

/** What {@link boundedJson} lets through; anything beyond is cut, and shows that it was. */
export interface JsonBounds {
  /** Nesting; deeper values become `'…'`. */
  readonly depth: number
  /** Values in all, containers included. */
  readonly values: number
  /** UTF-16 units of one string or key. */
  readonly text: number
}

const CUT = '…'
// Keys that mean something to an object's prototype: a viewer that copies them key by key would be poisoned.
const PROTOTYPE_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * A copy of an untrusted value that is JSON, of bounded size and without prototype keys. Never throws: a getter or a
 * proxy that throws becomes a sentence. Not for hot paths.
 */
export function boundedJson (value: unknown, bounds: JsonBounds): Json {
  const budget = { left: bounds.values }
  try {
    return copy(value, bounds.depth, bounds, budget)
  } catch (error) {
    return `unreadable: ${boundedText(messageOf(error), bounds.text)}`
  }
}

/** The same for an object; anything else becomes an empty one. */
export function boundedRecord (value: unknown, bounds: JsonBounds): { readonly [key: string]: Json } {
  const copied = boundedJson(value, bounds)
  if (typeof copied === 'string') return { unreadable: copied }
  return isRecord(copied) ? copied : {}
}

export function boundedText (text: unknown, length: number): string {
  const given = typeof text === 'string' ? text : typeof text
  return given.length <= length ? given : given.slice(0, length - 1) + CUT
}

/** The message of whatever was thrown, which need not be an Error, nor be willing to be read. */
export function messageOf (thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.message) : String(thrown)
  } catch {
    return 'something that cannot be shown'
  }
}

function copy (value: unknown, depth: number, bounds: JsonBounds, budget: { left: number }): Json {
  budget.left--
  if (budget.left < 0) return CUT
  if (typeof value === 'string') return boundedText(value, bounds.text)
  if (typeof value === 'boolean' || value === null) return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'bigint') return boundedText(value.toString(), bounds.text)
  if (typeof value !== 'object') return null
  if (depth === 0) return CUT
  return Array.isArray(value)
    ? copyArray(value, depth, bounds, budget)
    : copyObject(value, depth, bounds, budget)
}

function copyArray (value: readonly unknown[], depth: number, bounds: JsonBounds, budget: { left: number }): Json {
  const copied: Json[] = []
  for (let i = 0; i < value.length && budget.left > 0; i++) copied.push(copy(value[i], depth - 1, bounds, budget))
  if (copied.length < value.length) copied.push(CUT)
  return copied
}

function copyObject (value: object, depth: number, bounds: JsonBounds, budget: { left: number }): Json {
  const copied: Record<string, Json> = {}
  for (const [key, own] of Object.entries(value)) {
    if (PROTOTYPE_KEYS.has(key) || own === undefined) continue
    if (budget.left <= 0) {
      copied[CUT] = CUT
      break
    }
    copied[boundedText(key, bounds.text)] = copy(own, depth - 1, bounds, budget)
  }
  return copied
}

function isRecord (value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
