/** A claim of one item: what a receipt proves. */
export type Claimed = readonly [item: number, attempt: number]

/**
 * What a process writes down of its own doing, and when, in CLOCK_MONOTONIC milliseconds. An intent is written before its
 * request is sent: what has no outcome was cut short by the end of the process, and may or may not have happened.
 */
export type LogRecord =
  /** `isHeld()` said yes at some moment between `from` and `to`. */
  | { readonly kind: 'held', readonly epoch: number, readonly from: number, readonly to: number }
  | { readonly kind: 'elected', readonly epoch: number, readonly at: number }
  | { readonly kind: 'resigning', readonly epoch: number, readonly at: number }
  | { readonly kind: 'over', readonly epoch: number, readonly at: number }
  /** When the store lets go of what it holds, if nothing is renewed. */
  | { readonly kind: 'lease', readonly end: number, readonly at: number }
  | { readonly kind: 'accepted', readonly epoch: number, readonly revision: string, readonly sent: number, readonly answered: number }
  | { readonly kind: 'refused', readonly why: 'fenced' | 'unknown' | 'away', readonly epoch: number, readonly sent: number }
  | { readonly kind: 'pushing', readonly first: number, readonly count: number, readonly sent: number }
  | { readonly kind: 'pushed', readonly first: number, readonly count: number, readonly answered: number }
  /** It surely did not arrive. */
  | { readonly kind: 'not-pushed', readonly first: number, readonly count: number, readonly answered: number }
  | { readonly kind: 'claimed', readonly items: readonly Claimed[], readonly sent: number, readonly answered: number }
  | { readonly kind: 'acking', readonly items: readonly Claimed[], readonly sent: number }
  /** `lost`: the store said that the receipt is not current; what is in neither is unknown. */
  | { readonly kind: 'acked', readonly done: readonly Claimed[], readonly lost: readonly Claimed[], readonly answered: number }
  | { readonly kind: 'taken', readonly permit: number, readonly at: number }
  | { readonly kind: 'returned', readonly permit: number, readonly at: number }
  /** Tries to take a permit since the last such record. */
  | { readonly kind: 'tried', readonly times: number, readonly at: number }
  /** The process did nothing at all between `from` and `to`: stopped, blocked or starved. */
  | { readonly kind: 'stalled', readonly from: number, readonly to: number }
  | { readonly kind: 'mode', readonly mode: string, readonly at: number }
  /** What must not happen: an unhandled rejection, an error without a code of ours. */
  | { readonly kind: 'failure', readonly message: string, readonly at: number }

export type RecordOf<K extends LogRecord['kind']> = Extract<LogRecord, { kind: K }>

/** The log of one life of a process. */
export interface ProcessLog {
  readonly process: string
  readonly records: readonly LogRecord[]
  /** When it was seen to have ended; left out while it lives. */
  readonly endedAt?: number
}

/** All records of a kind, each with its process. */
export function recordsOf<K extends LogRecord['kind']> (logs: readonly ProcessLog[], kind: K): (RecordOf<K> & { readonly process: string })[] {
  const found: (RecordOf<K> & { readonly process: string })[] = []
  for (const { process, records } of logs) {
    for (const record of records) if (isOf(record, kind)) found.push({ ...record, process })
  }
  return found
}

/** The moment that a record is counted at. */
export function stampOf (record: LogRecord): number {
  if ('at' in record) return record.at
  if ('answered' in record) return record.answered
  return 'sent' in record ? record.sent : record.to
}

function isOf<K extends LogRecord['kind']> (record: LogRecord, kind: K): record is RecordOf<K> {
  return record.kind === kind
}
