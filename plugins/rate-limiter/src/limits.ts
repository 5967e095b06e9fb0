import type { RouteRecord } from '@plimsoll/core'
import type { ClientKeys, KeySource } from './client-keys.ts'
import { InvalidOptionError, InvalidRouteError, NameTakenError, UnknownLimitError } from './errors.ts'
import { Limit } from './limit.ts'
import type { LimitPlan } from './limit.ts'
import { limitFault, routeConfig } from './options.ts'
import type { LimitSettings, RateLimiterSettings } from './options.ts'

const DEFAULT_LIMIT = 1000

/** The limits that hold for the requests of a route, and how they are announced. */
export interface RouteLimits {
  readonly limits: readonly Limit[]
  /** For `RateLimit-Policy`. */
  policy: string
}

export interface LimitsPorts {
  /** Tells clients apart as `source` does: the same object for the same source. */
  keysOf (source: KeySource): ClientKeys
  failed (error: unknown): void
}

/** All limits of an application: those for every request, and those of its routes. */
export class Limits {
  readonly #settings: RateLimiterSettings
  readonly #ports: LimitsPorts
  readonly #named: Map<string, Limit> = new Map()
  readonly #everywhere: RouteLimits
  readonly #byRoute: Array<RouteLimits | undefined> = []

  constructor (settings: RateLimiterSettings, ports: LimitsPorts) {
    this.#settings = settings
    this.#ports = ports
    const own = settings.global ? [this.#add(settings, 'default')] : []
    this.#everywhere = announced([...own, ...settings.limits.map(each => this.#add(each, 'default'))])
  }

  get all (): readonly Limit[] { return [...this.#named.values()] }

  /** @throws PLM_RATE_LIMITER_UNKNOWN_LIMIT */
  named (name: string): Limit {
    const limit = this.#named.get(name)
    if (limit === undefined) throw new UnknownLimitError(name, [...this.#named.keys()].slice(0, 20).join(', ') || 'none')
    return limit
  }

  /**
   * Reads the limits of these routes.
   *
   * @throws PLM_RATE_LIMITER_INVALID_ROUTE, with the reason
   */
  compile (routes: readonly RouteRecord[]): void {
    for (const route of routes) this.#byRoute[route.id] ??= this.#read(route)
  }

  /** The limits for a request; of an unknown path those for every request. */
  of (route: RouteRecord | undefined): RouteLimits {
    return route === undefined ? this.#everywhere : this.#byRoute[route.id] ?? this.#learn(route)
  }

  /** After a limit was changed. */
  announce (): void {
    for (const each of [this.#everywhere, ...this.#byRoute]) if (each !== undefined) each.policy = policyOf(each.limits)
  }

  // Where core was imported too late, a route is known from its first request on: it must not fail for that.
  #learn (route: RouteRecord): RouteLimits {
    try {
      this.compile([route])
    } catch (error) {
      this.#ports.failed(error)
    }
    const learned = this.#byRoute[route.id] ?? this.#everywhere
    this.#byRoute[route.id] = learned
    return learned
  }

  #read (route: RouteRecord): RouteLimits {
    try {
      const { rateLimit } = routeConfig.resolve({ rateLimit: route.config['rateLimit'] }).values
      if (rateLimit === true) return this.#everywhere
      if (rateLimit === false) return announced([])
      const own = rateLimit.map((settings, i) => this.#add(settings, `${methodsOf(route)} ${route.url}${i === 0 ? '' : ` ${i + 1}`}`))
      return announced([...(rateLimit.every(({ global }) => global) ? this.#everywhere.limits : []), ...own])
    } catch (cause) {
      throw new InvalidRouteError(route.methods.join(), route.url, String(Reflect.get(Object(cause), 'message')), { cause })
    }
  }

  #add (settings: LimitSettings, name: string): Limit {
    const { key = this.#settings.key ?? 'address', windowMs, cost, maxKeys, ban, burst } = settings
    const plan: LimitPlan = {
      name: settings.name ?? printable(name),
      limit: settings.limit ?? DEFAULT_LIMIT,
      windowMs,
      algorithm: settings.algorithm ?? this.#settings.algorithm ?? 'gcra',
      burst,
      cost,
      maxKeys,
      cluster: settings.cluster ?? this.#settings.cluster,
      ban
    }
    const fault = limitFault(plan)
    if (fault !== undefined) throw new InvalidOptionError(`${fault.option} of ${plan.name}`, String(Reflect.get(plan, fault.option)), fault.right)
    const keys = this.#ports.keysOf(key)
    const known = this.#named.get(plan.name)
    if (known === undefined) {
      const limit = new Limit(plan, keys, this.#ports.failed)
      this.#named.set(plan.name, limit)
      return limit
    }
    if (known.keys !== keys || !isSame(known.plan, plan)) throw new NameTakenError(plan.name, 'give them the same options, or a name each')
    return known
  }
}

/** Those that tell clients apart in the same way stand side by side, so that each way is gone once a request. */
function announced (limits: readonly Limit[]): RouteLimits {
  const distinct = [...new Set(limits)]
  const ways = [...new Set(distinct.map(({ keys }) => keys))]
  const sorted = ways.flatMap(way => distinct.filter(({ keys }) => keys === way))
  return { limits: sorted, policy: policyOf(sorted) }
}

/** HEAD is answered by the handler of GET, and counts with it. */
function methodsOf ({ methods }: RouteRecord): string { return [...new Set(methods.map(method => method === 'HEAD' ? 'GET' : method))].join() }

function policyOf (limits: readonly Limit[]): string { return limits.map(({ policy }) => policy).join(', ') }

function printable (name: string): string { return name.replace(/[^\x20-\x7e]/g, '?').slice(0, 100) }

function isSame (plan: LimitPlan, other: LimitPlan): boolean {
  return JSON.stringify(plan) === JSON.stringify(other) && plan.cost === other.cost
}
