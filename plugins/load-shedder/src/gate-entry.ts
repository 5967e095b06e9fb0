import { AsyncResource } from 'node:async_hooks'
import type { PriorityRank, RawRequest, RawResponse, RequestScope } from '@plimsoll/core'
import type { ClientCohorts } from './client-cohorts.ts'
import type { Link } from './intrusive-list.ts'
import type { Arrival, Outcome } from './strategy.ts'

/** Where an admitted request goes: the listeners that the server had before the gate. */
export interface Destination {
  dispatch (req: RawRequest, res: RawResponse): void
  /** The client sends its body only when it is told to (`Expect: 100-continue`). */
  readonly bodyWithheld: boolean
}

/**
 * - `waiting`: in the queue;
 * - `running`: started, holds a permit;
 * - `streaming`: past the first byte of a long response, counted apart;
 * - `degraded`: refused, on its way to a handler that answers with something cheaper;
 * - `spared`: refused in a dry run, on its way to be started;
 * - `over`: not the gate's any more.
 */
export type EntryState = 'waiting' | 'running' | 'streaming' | 'degraded' | 'spared' | 'over'

const QUEUED_RESOURCE = { requireManualDestroy: true }

/** One request at the gate, from its arrival to the end of its work. */
export class GateEntry implements Arrival, Link<GateEntry> {
  readonly scope: RequestScope
  readonly rank: PriorityRank
  /** Clock milliseconds of the arrival. */
  readonly arrivedAt: number
  /** Clock milliseconds of the start; meaningless before it. */
  startedAt: number
  state: EntryState
  /** How the work ended, known before it is over. */
  outcome: Outcome
  stalled: boolean
  older: GateEntry | undefined
  newer: GateEntry | undefined
  listed: boolean
  readonly #destination: Destination
  readonly #cohorts: ClientCohorts
  #cohort: number
  #context: AsyncResource | undefined

  constructor (scope: RequestScope, destination: Destination, cohorts: ClientCohorts) {
    this.scope = scope
    this.rank = scope.priority
    this.arrivedAt = scope.startedAt
    this.startedAt = 0
    this.state = 'waiting'
    this.outcome = 'ok'
    this.stalled = false
    this.older = undefined
    this.newer = undefined
    this.listed = false
    this.#destination = destination
    this.#cohorts = cohorts
    this.#cohort = -1
    this.#context = undefined
  }

  get bodyWithheld (): boolean { return this.#destination.bodyWithheld }

  get routeId (): number { return this.scope.route?.id ?? -1 }

  /** Hashed when first asked for: a service that isn't overloaded never asks. */
  get cohort (): number {
    if (this.#cohort === -1) this.#cohort = this.#cohorts.of(this.scope.req)
    return this.#cohort
  }

  /** Keeps the asynchronous context of the 'request' event: traces and AsyncLocalStorage survive the queue. */
  keepContext (): void {
    this.#context = new AsyncResource('PLIMSOLL_QUEUED', QUEUED_RESOURCE)
  }

  /** Hands the request on to the server's listeners. */
  dispatch (): void {
    const { req, res } = this.scope
    const context = this.#context
    this.#context = undefined
    if (context === undefined) this.#destination.dispatch(req, res)
    else context.runInAsyncScope(this.#destination.dispatch, this.#destination, req, res)
  }
}
