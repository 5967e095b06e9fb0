import type { ReadonlySignal } from '@preact/signals'

/** Makes an effect or a computed value run again when one of these has changed, though it does not use their values. */
export function dependOn (...signals: ReadonlyArray<ReadonlySignal<unknown>>): void {
  for (const signal of signals) signal.valueOf()
}
