import type { Json } from './component.ts'

/** A discrete happening, worth a line to somebody on call. */
export interface JournalEvent {
  /** `kind` or `kind/name` of the component. */
  readonly component: string
  /** Stable word, such as `limit-changed`. */
  readonly event: string
  /** A sentence with its figures. */
  readonly message: string
  readonly severity?: 'info' | 'warning' | 'error'
  readonly data?: { readonly [key: string]: Json }
}

export interface JournalEntry extends Required<Omit<JournalEvent, 'data'>> {
  /** Rises by one an entry, from 1. */
  readonly sequence: number
  /** Milliseconds since the Unix epoch. */
  readonly at: number
  readonly data: { readonly [key: string]: Json }
}
