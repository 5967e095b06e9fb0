import type { Frame } from '@plimsoll/core'

/** The newest frame of an instance, this one's or another's. */
export interface ObservedFrame {
  readonly frame: Frame
  /** It is too old to say how things are now: the instance is away, or stands still. */
  readonly stale: boolean
}
