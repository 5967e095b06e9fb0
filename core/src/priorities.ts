import { addressRange, AddressSet } from './address-set.ts'
import { messageOf } from './bounded-json.ts'
import { InvalidOptionError, InvalidPriorityError, PriorityFunctionTakenError } from './errors.ts'
import type { Journal } from './journal.ts'
import { listOf, text } from './option-checks.ts'
import { describe, optionSpec } from './option-spec.ts'
import type { OptionSpec } from './option-spec.ts'
import type { PathComparison } from './path-pattern.ts'
import { PRIORITY_RANK } from './priority.ts'
import type { Priority, PriorityRank } from './priority.ts'
import { PriorityRules } from './priority-rules.ts'
import type { Conditions } from './priority-rules.ts'
import type { RawRequest } from './raw.ts'
import type { RequestScope } from './request-scope.ts'
import type { RouteRecord, RouteTable } from './routes.ts'

/**
 * The class of a request, before it is routed; `undefined` leaves it to rules, route and header. One that throws or
 * returns anything else is taken for `undefined`, and journalled once.
 */
export type PriorityFunction = (req: RawRequest) => Priority | undefined

/** A header in which callers that are trusted tell the class of their request. It can never claim `system`. */
export interface TrustedHeader {
  /** @default 'x-priority' */
  readonly name?: string
  /** Addresses and ranges of the connection's other end that are believed. Without any, nobody is. */
  readonly addresses: readonly string[]
}

export type TrustedHeaderSettings = Required<TrustedHeader>

export const PRIORITY_HEADER = 'x-priority'

export const trustedHeaderSpec: OptionSpec<TrustedHeader, TrustedHeaderSettings> = optionSpec<TrustedHeader, TrustedHeaderSettings>(InvalidOptionError, {
  name: text({ default: PRIORITY_HEADER, maxLength: 100 }),
  addresses: listOf(addressRange, { maxLength: 1_000 })
}, ({ addresses }) => addresses.length === 0 ? { option: 'addresses', right: 'name the addresses that are trusted' } : undefined)

export interface PrioritySettings {
  readonly priorityRules: readonly Conditions[]
  readonly priorityHeader: TrustedHeaderSettings | undefined
}

/** Of routes that say nothing, and of all routes that are not known where the route table is not complete. */
const DEFAULT_RANK = PRIORITY_RANK.normal
/** Of paths that no route answers: refused first. */
const UNKNOWN_PATH_RANK = PRIORITY_RANK.low

/**
 * Gives every request its class. In this order: the application's function, the declared rules (the most specific
 * first), the route's `config.priority`, a trusted header, else `normal`, and `low` for paths that no route answers.
 */
export class Priorities {
  readonly #routes: RouteTable
  readonly #journal: Pick<Journal, 'record'>
  #function: PriorityFunction | undefined
  #rules: PriorityRules
  #header: { readonly name: string, readonly addresses: AddressSet } | undefined
  #journalled = false

  constructor ({ routes, journal }: { readonly routes: RouteTable, readonly journal: Pick<Journal, 'record'> }) {
    this.#routes = routes
    this.#journal = journal
    this.#rules = new PriorityRules([], {})
  }

  /** Whether the application gives classes by a function, which sees the request before any rewriting of its URL. */
  get byFunction (): boolean { return this.#function !== undefined }

  /**
   * Takes the application's function, from whichever plugin's options it comes.
   *
   * @throws PLM_CORE_PRIORITY_FUNCTION_TAKEN
   */
  useFunction (priority: PriorityFunction): void {
    if (this.#function !== undefined) throw new PriorityFunctionTakenError()
    this.#function = priority
  }

  /** Takes the effective options; core does it once all plugins have loaded. */
  configure ({ priorityRules, priorityHeader }: PrioritySettings, comparison: PathComparison): void {
    this.#rules = new PriorityRules(priorityRules, comparison)
    this.#header = priorityHeader && { name: priorityHeader.name.toLowerCase(), addresses: new AddressSet(priorityHeader.addresses) }
  }

  /** Fills the scope's `route` and `priority`, and returns the latter. Some 400 ns; call it once a request. */
  classify (scope: RequestScope): PriorityRank {
    const { req } = scope
    if (!scope.routed) scope.route = this.#routes.lookup(req, scope.res)
    scope.priority = this.#byFunction(req) ?? this.#rules.rankOf(req) ?? this.#byRoute(scope.route) ?? this.#byHeader(req) ?? this.#otherwise(scope.route)
    return scope.priority
  }

  #byFunction (req: RawRequest): PriorityRank | undefined {
    if (this.#function === undefined) return undefined
    try {
      const priority = this.#function(req)
      if (priority === undefined) return undefined
      return rankOfWord(priority) ?? this.#functionFailed(`it returned ${describe(priority)}`)
    } catch (error) {
      return this.#functionFailed(`it threw: ${messageOf(error)}`)
    }
  }

  #functionFailed (how: string): undefined {
    if (this.#journalled) return undefined
    this.#journalled = true
    this.#journal.record({
      component: 'core',
      event: 'priority-function-failed',
      severity: 'error',
      message: `the priority function of this application failed: ${how}. Such requests get the class of their route. Told once.`
    })
    return undefined
  }

  #byRoute (route: RouteRecord | undefined): PriorityRank | undefined {
    return route === undefined ? undefined : rankOfWord(route.config['priority'])
  }

  #byHeader (req: RawRequest): PriorityRank | undefined {
    if (this.#header === undefined) return undefined
    const rank = rankOfWord(req.headers[this.#header.name])
    if (rank === undefined || rank === PRIORITY_RANK.system) return undefined
    return this.#header.addresses.has(req.socket?.remoteAddress) ? rank : undefined
  }

  #otherwise (route: RouteRecord | undefined): PriorityRank {
    return route === undefined && this.#routes.complete ? UNKNOWN_PATH_RANK : DEFAULT_RANK
  }
}

const ranks: ReadonlyMap<unknown, PriorityRank> = new Map(Object.entries(PRIORITY_RANK))

/** `undefined` for anything that is not one of the six words. */
function rankOfWord (word: unknown): PriorityRank | undefined {
  return ranks.get(word)
}

/** Rank of a route by its `config.priority`; `normal` where it says nothing. */
export function rankOfRoute ({ config }: RouteRecord): PriorityRank {
  return rankOfWord(config['priority']) ?? DEFAULT_RANK
}

/** @throws PLM_CORE_INVALID_PRIORITY */
export function checkPriority ({ methods, url, config }: RouteRecord): void {
  const word = config['priority']
  if (word !== undefined && rankOfWord(word) === undefined) throw new InvalidPriorityError(methods.join(','), url, describe(word))
}
