/** What one instance tells of its share of a capacity. */
export interface ShareReport {
  readonly session: string
  /** Permits it would use. */
  readonly wants: number
  /** What it keeps of its grant: already lowered here when this is sent, so the answer is never below it. */
  readonly has: number
  /** Permits in use. */
  readonly inUse: number
  readonly total: number
  readonly floor: number
  /**
   * Clock milliseconds up to which an earlier lease lasts that was lost together with the store's data: until then `has`
   * is taken as granted, even in quarantine. 0 for none.
   */
  readonly carriedUntil: number
}

export interface ShareGrant {
  readonly granted: number
  /** The lowest total that any instance has: the one that rules. */
  readonly total: number
  /** What max-min fairness gives this instance of what the others leave; below `granted` it is to shrink as permits come back. */
  readonly target: number
  /** Milliseconds after which to report again although nothing changed, where something is pending. */
  readonly againInMs?: number
}

/** Concurrent permits under one name, shared by all instances: the granted never sum to more than the total. */
export interface CapacityDriver {
  /** `undefined`: the session is not alive. Growth only on this answer, never on what was read. */
  report (operation: string, report: ShareReport): Promise<ShareGrant | undefined>
  /** Gives the share back at once, when it is not in use any more. */
  leave (operation: string, session: string): Promise<void>
  /** Calls `listener` when another instance's report may have changed this one's target. */
  onChange (listener: () => void): () => void
}
