import { bucketOf } from '@plimsoll/core'
import type { ClassFigures, ClassTable, ComponentFigures, Frame, OutcomeClass } from '@plimsoll/core'
import { emptyFrame } from '@plimsoll/core/testing'
import type { ObservedFrame } from '../src/view/observed-frame.ts'

/** `count` requests of `ms` each in one outcome class. */
function classOf (count: number, ms: number): ClassFigures {
  return { count, time: count * ms * 1000, buckets: count === 0 ? [] : [bucketOf(ms * 1000), count], requestBytes: 0, responseBytes: 0 }
}

export function classes (table: { readonly [C in OutcomeClass]?: readonly [count: number, ms: number] }): ClassTable {
  return Object.fromEntries(Object.entries(table).map(([name, [count, ms]]) => [name, classOf(count, ms)]))
}

export function observed (overrides: Partial<Frame> = {}, stale = false): ObservedFrame {
  return { frame: emptyFrame(overrides), stale }
}

export function component (kind: string, snapshot: ComponentFigures['snapshot'], { name = kind, instance = 'a', health = { status: 'ok' } }: Partial<ComponentFigures & { readonly instance: string }> = {}): ComponentFigures & { readonly instance: string } {
  return { kind, name, instance, health, snapshot }
}
