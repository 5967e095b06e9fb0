export interface QueueLimits {
  /** How long a claimed item stays with its consumer, in milliseconds. */
  readonly visibilityMs: number
  /** Deliveries before an item is put with the dead. */
  readonly maxAttempts: number
  /** Items waiting and leased together; a push beyond is refused. */
  readonly maxLength: number
  /** How long the id of an acknowledged item is remembered, in milliseconds. */
  readonly dedupeMs: number
}

export interface QueueItem {
  readonly id: string
  readonly body: Uint8Array
  /** A given id is pushed once, for as long as the item lives and `dedupeMs` beyond. */
  readonly deduplicate: boolean
}

/** A claim's proof: the attempt rises with every delivery, so an old one never matches. */
export interface Receipt {
  readonly id: string
  readonly attempt: number
}

export interface ClaimedItem extends Receipt {
  readonly body: Uint8Array
}

/** An idle consumer of a driver that tells it sleeps until then; others are polled. */
export interface NothingYet {
  /** Milliseconds until the next delayed or leased item may be claimed; Infinity where there is none. */
  readonly nextInMs: number
}

export interface QueueStats {
  readonly ready: number
  readonly leased: number
  readonly delayed: number
  readonly dead: number
  /** Age of the oldest item that is not dead, in milliseconds. */
  readonly oldestMs: number
}

/** A queue as a backend keeps it. `operation` is an operation id: a repeated one returns the first outcome. */
export interface QueueDriver {
  /** `false`: it would pass `maxLength`, and nothing was pushed. */
  push (operation: string, items: readonly QueueItem[], delayMs: number): Promise<boolean>
  /**
   * Up to `limit` items. Asked in the same turn of the event loop as an acknowledgement, it may go with it. An empty list, or {@link NothingYet} where the driver knows more, when there is
   * nothing to claim.
   */
  claim (operation: string, limit: number): Promise<readonly ClaimedItem[] | NothingYet>
  /** `false`: the receipt is not the current one any more. */
  ack (operation: string, receipt: Receipt): Promise<boolean>
  extend (operation: string, receipt: Receipt, ms: number): Promise<boolean>
  release (operation: string, receipt: Receipt, delayMs: number): Promise<boolean>
  stats (): Promise<QueueStats>
  /** Items that ran out of attempts, oldest first. */
  dead (limit: number): Promise<readonly ClaimedItem[]>
  /** Puts a dead item back in the queue with its attempts forgotten. */
  revive (operation: string, id: string): Promise<boolean>
  /**
   * Calls `listener` when there may be something to claim; the returned function stops it. Where messages can be lost, the
   * driver makes it good with the next renewal: who was told {@link NothingYet} does not look before.
   */
  onReady (listener: () => void): () => void
}
