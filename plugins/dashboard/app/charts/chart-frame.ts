import { signal } from '@preact/signals'
import type { ReadonlySignal, Signal } from '@preact/signals'
import { dependOn } from '../state/depend-on.ts'
import type { TimeColumns } from '../state/time-columns.ts'

/** Pixels left and right of every plot: one x for all of them, so that marks and cursor stand exactly under one another. */
export const GUTTER = { left: 54, right: 10 } as const

/** What the charts of one stack share. */
export interface ChartFrame {
  readonly columns: ReadonlySignal<TimeColumns<string>>
  /** Rises when something in the columns changed. */
  readonly tick: ReadonlySignal<number>
  /** The time shown, in milliseconds since the epoch. */
  readonly domain: ReadonlySignal<Domain>
}

export interface Domain {
  readonly from: number
  readonly to: number
}

/** Where a pointer or the keyboard has put the time cursor, in milliseconds since the epoch: the same on all charts. */
export const cursorAt: Signal<number | undefined> = signal(undefined)

/** Index of the sample that the readouts show: the one at the cursor, or the newest. -1 where there is none. */
export function shownIndex ({ columns, tick }: ChartFrame): number {
  dependOn(tick)
  const { length } = columns.value
  return cursorAt.value === undefined ? length - 1 : columns.value.indexNear(cursorAt.value)
}
