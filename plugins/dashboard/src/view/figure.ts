import { boundedText } from '@plimsoll/core'

/** A figure to be sent: three decimals are more than anybody reads, and a third of the bytes. */
export function figure (value: number): number {
  return Math.round(value * 1000) / 1000
}

/** The same for what may not be there: NaN is not JSON. */
export function figureOrNull (value: number): number | null {
  return Number.isFinite(value) ? figure(value) : null
}

/** `part` of `whole`; none of nothing. */
export function shareOf (part: number, whole: number): number {
  return whole > 0 ? figure(part / whole) : 0
}

/** Names and texts from anywhere, in a view that is sent each second: cut, with an ellipsis. */
export function shortName (text: string): string { return boundedText(text, 200) }

export function shortText (text: string): string { return boundedText(text, 300) }
