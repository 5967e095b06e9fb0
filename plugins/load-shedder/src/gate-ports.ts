import type { Clock, PriorityRank, RawRequest, RawResponse, Refusal, RequestScope } from '@plimsoll/core'
import type { ClientCohorts } from './client-cohorts.ts'

/** What the gate needs from outside; core, Node and the plugin's other parts fill it. */
export interface GatePorts {
  readonly clock: Clock
  readonly cohorts: ClientCohorts
  /** Monotonic milliseconds that the event loop has waited for events. */
  idleMs (): number
  /** Runs `turn` in the next turn of the event loop. */
  nextTurn (turn: () => void): void
  scopeOf (req: RawRequest, res: RawResponse): RequestScope
  /** Fills in the scope's route and priority. */
  classify (scope: RequestScope): PriorityRank
  /** The other admission checks, such as rate limits. */
  check (scope: RequestScope): Refusal | undefined
  /** Whether there are any. */
  checks (): boolean
  /** A reason to refuse that has nothing to do with the strategy: switched on by hand, or a threshold passed. */
  pressure (rank: PriorityRank): string | undefined
  /** The load-shedder's own refusal for a reason. */
  refusal (reason: string): Refusal
  /** Marks a refused request for a handler of the application that answers it; `false` where there is none. */
  passOn (scope: RequestScope, refusal: Refusal): boolean
  /** Answers. `bodyWithheld`: the client waits for 100 Continue. */
  refuse (scope: RequestScope, refusal: Refusal, bodyWithheld: boolean): void
  /** Told of each refusal, dry or not; not told of one that the queue gave up without an answer. */
  refused (scope: RequestScope, refusal: Refusal, waitedMs: number): void
}

/** Ingredients that the overload benchmark takes out one by one; all on in production. */
export interface Ingredients {
  /** Nothing is started inside the 'request' event, unless the loop has waited for events a moment ago. */
  readonly defer: boolean
  /** A bounded amount of work is started a turn. */
  readonly bounded: boolean
  /** The loop turns until no more arrive, before anything is started. */
  readonly drain: boolean
  /** The strategy may ask for the newest first. */
  readonly lifo: boolean
}

export interface GateSettings {
  /** Bound of the queue; the strategy may ask for less. */
  maxQueue: number
  /** Bound of streams that don't hold a permit. */
  maxStreams: number
  /** Decide and count, but refuse nothing. */
  dryRun: boolean
  readonly ingredients: Ingredients
}
