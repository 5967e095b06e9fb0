import type { Clock, JournalEvent, Refusal, RequestScope } from '@plimsoll/core'

/** Milliseconds between two entries for one reason. */
const INTERVAL_MS = 10_000
const MAX_REASONS = 64
const MAX_ID_LENGTH = 64
const MAX_URL_LENGTH = 200

interface Sampled { at: number, since: number }

/** Puts one refusal in ten seconds and reason into the journal, with the number of those since the last. */
export class RefusalJournal {
  readonly #clock: Clock
  readonly #record: (event: JournalEvent) => void
  readonly #reasons: Map<string, Sampled> = new Map()

  constructor ({ clock, record }: { readonly clock: Clock, record (event: JournalEvent): void }) {
    this.#clock = clock
    this.#record = record
  }

  /** @param figures state of the gate, for the message */
  refused (scope: RequestScope, { by, reason, status }: Refusal, figures: { readonly waitedMs: number, readonly queued: number, readonly inFlight: number, readonly dryRun: boolean, readonly className: string }): void {
    const sampled = this.#sampled(reason)
    sampled.since++
    const now = this.#clock.now()
    if (now - sampled.at < INTERVAL_MS) return
    const { waitedMs, queued, inFlight, dryRun, className } = figures
    const id = scope.req.headers['x-request-id']
    const requestId = typeof id === 'string' ? id.slice(0, MAX_ID_LENGTH) : ''
    const url = `${scope.req.method} ${scope.req.url}`.slice(0, MAX_URL_LENGTH)
    this.#record({
      component: 'load-shedder',
      event: dryRun ? 'would-refuse' : 'refused',
      severity: 'warning',
      message: `${sampled.since} ${dryRun ? 'would have been refused' : 'refused'} (${reason}) since the last such entry; this one ${className}, after ${waitedMs.toFixed(1)} ms, with ${inFlight} in flight and ${queued} queued`,
      data: { by, reason, status, class: className, requestId, request: url, count: sampled.since, waitedMs, inFlight, queued }
    })
    sampled.at = now
    sampled.since = 0
  }

  #sampled (reason: string): Sampled {
    const key = this.#reasons.size < MAX_REASONS ? reason : 'other'
    let sampled = this.#reasons.get(reason) ?? this.#reasons.get(key)
    if (sampled === undefined) {
      sampled = { at: -Infinity, since: 0 }
      this.#reasons.set(key, sampled)
    }
    return sampled
  }
}
