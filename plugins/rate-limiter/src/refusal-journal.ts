import type { Clock, JournalEvent } from '@plimsoll/core'
import type { RefusedRequest } from './limited-request.ts'

/** Milliseconds between two entries for one limit and reason. */
const INTERVAL_MS = 10_000
const MAX_SAMPLED = 200
const MAX_TEXT = 200

interface Sampled { at: number, since: number }

/** Puts one refusal in ten seconds, limit and reason into the journal, with the number of those since the last. */
export class RefusalJournal {
  readonly #clock: Clock
  readonly #record: (event: JournalEvent) => void
  readonly #sampled: Map<string, Sampled> = new Map()

  constructor ({ clock, record }: { readonly clock: Clock, record (event: JournalEvent): void }) {
    this.#clock = clock
    this.#record = record
  }

  /** @param keyIsAddress keys of other kinds may be secrets, and are not written down */
  refused ({ req, reason, name, limit, key, retryAfter, statusCode }: RefusedRequest, keyIsAddress: boolean, dryRun: boolean): void {
    const sampled = this.#sampledBy(`${reason} ${name}`)
    sampled.since++
    const now = this.#clock.now()
    if (now - sampled.at < INTERVAL_MS) return
    const client = keyIsAddress ? key.slice(0, MAX_TEXT) : '(not shown)'
    this.#record({
      component: 'rate-limiter',
      event: dryRun ? 'would-refuse' : 'refused',
      severity: 'warning',
      message: `${sampled.since} ${dryRun ? 'would have been refused' : 'refused'} (${reason}, limit ${name}) since the last such entry; this one of client ${client}, to come back in ${retryAfter} s`,
      data: { reason, limit: name, quota: limit, client, statusCode, retryAfter, count: sampled.since, request: `${req.method} ${req.url}`.slice(0, MAX_TEXT) }
    })
    sampled.at = now
    sampled.since = 0
  }

  #sampledBy (what: string): Sampled {
    const key = this.#sampled.size < MAX_SAMPLED ? what : 'other'
    let sampled = this.#sampled.get(what) ?? this.#sampled.get(key)
    if (sampled === undefined) {
      sampled = { at: -Infinity, since: 0 }
      this.#sampled.set(key, sampled)
    }
    return sampled
  }
}
