import type { Json } from '@plimsoll/core'

// Snapshots may be of another version, a third party, or another process: whatever is read from them is checked.

export type Snapshot = { readonly [key: string]: Json }

export function recordsIn (snapshot: Snapshot, name: string): readonly Snapshot[] {
  const value = snapshot[name]
  return Array.isArray(value) ? value.filter(isRecord) : []
}

export function numberIn (snapshot: Snapshot, name: string): number {
  const value = snapshot[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : 0
}

export function textIn (snapshot: Snapshot, name: string): string {
  const value = snapshot[name]
  return typeof value === 'string' ? value : ''
}

export function textsIn (snapshot: Snapshot, name: string): readonly string[] {
  const value = snapshot[name]
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : []
}

/** The sum of an object's numbers, such as counts by class. */
export function sumIn (snapshot: Snapshot, name: string): number {
  const value = snapshot[name]
  if (!isRecord(value)) return 0
  return Object.keys(value).reduce((sum, key) => sum + numberIn(value, key), 0)
}

function isRecord (value: Json | undefined): value is Snapshot {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
