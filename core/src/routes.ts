import { subscribe } from 'node:diagnostics_channel'
import type { FastifyInstance, RouteOptions } from 'fastify'
import FindMyWay from 'find-my-way'
import { CoreTooLateError } from './errors.ts'
import type { RawRequest, RawResponse } from './raw.ts'

/** One route as Fastify registered it: prefix included, one record for all methods of one `route()` call. */
export interface RouteRecord {
  /** Dense number from 0, for typed arrays: bounded by the number of routes. */
  readonly id: number
  readonly methods: readonly string[]
  /** Path pattern with prefix, such as `/shop/items/:id`. */
  readonly url: string
  /** The route's `config` as the user wrote it. */
  readonly config: Readonly<Record<string, unknown>>
  readonly constraints: Readonly<Record<string, unknown>>
}

/** Plain data, since another copy of core may have written it. */
interface SeenRoute {
  /** Fastify's own object: onRoute hooks that run after this one may still replace its `config`. */
  readonly options: RouteOptions
  readonly methods: readonly string[]
  readonly url: string
  /** `/prefix/` beside `/prefix`: Fastify adds it without calling onRoute. */
  readonly slashUrl: string | undefined
}

interface RouteLog {
  readonly seen: SeenRoute[]
  /** Set by the first of the onReady hooks: hooks that are added from then on may never run. */
  started: boolean
  observer: ((route: SeenRoute) => void) | undefined
}

const ASK_EARLIER = 'register Plimsoll\'s plugins, or call ensureCore(app) and keep what it returns,'
const ROUTE_LOG = Symbol.for('@plimsoll/core.routes')

// At import: `app.register(plugin); app.get(…)` gives the plugin's own onRoute hook nothing, for it runs too late.
subscribe('fastify.initialization', message => {
  if (hasInstance(message)) logRoutes(message.fastify)
})

function hasInstance (message: unknown): message is { readonly fastify: FastifyInstance } {
  return typeof message === 'object' && message !== null && 'fastify' in message
}

function routeLogOf (root: FastifyInstance): RouteLog | undefined {
  const log: RouteLog | undefined = Reflect.get(root, ROUTE_LOG)
  return log
}

/** Once an instance, whichever copy of core comes first. */
function logRoutes (root: FastifyInstance): RouteLog {
  const existing = routeLogOf(root)
  if (existing !== undefined) return existing
  const log: RouteLog = { seen: [], started: false, observer: undefined }
  root.addHook('onReady', async () => { log.started = true })
  root.addHook('onRoute', options => {
    const route: SeenRoute = {
      options,
      methods: methodsOf(options.method),
      url: options.url,
      slashUrl: options.routePath === '' && options.prefixTrailingSlash !== 'no-slash' && options.prefix !== '' ? `${options.url}/` : undefined
    }
    log.seen.push(route)
    log.observer?.(route)
  })
  Reflect.set(root, ROUTE_LOG, log)
  return log
}

class TableRecord implements RouteRecord {
  readonly id: number
  readonly methods: readonly string[]
  readonly url: string
  readonly slashUrl: string | undefined
  readonly #options: Pick<RouteOptions, 'config' | 'constraints'>
  #config: Readonly<Record<string, unknown>> | undefined

  constructor (id: number, route: Omit<SeenRoute, 'options'> & { readonly options: Pick<RouteOptions, 'config' | 'constraints'> }) {
    this.id = id
    this.methods = route.methods
    this.url = route.url
    this.slashUrl = route.slashUrl
    this.#options = route.options
  }

  get config (): Readonly<Record<string, unknown>> { return this.#config ?? { ...this.#options.config } }

  get constraints (): Readonly<Record<string, unknown>> { return { ...this.#options.constraints } }

  /** All onRoute hooks have run: nobody changes it any more. */
  keepConfig (): void { this.#config = Object.freeze(this.config) }
}

/** What Fastify shows of a route to a hook; always right, but only after routing. */
export interface RoutedRequest {
  readonly routeOptions: { readonly url?: string | undefined, readonly method?: string | readonly string[], readonly config: object }
}

/** Fastify keeps there what a request was routed to. */
interface Routed { readonly [key: symbol]: { readonly config?: object } | undefined }

export type RouteListener = (record: RouteRecord, options: RouteOptions) => void

type Methods = Parameters<FindMyWay.Instance<FindMyWay.HTTPVersion>['on']>[0]

/**
 * Every route of an application, and which of them a request will be routed to, before it is.
 *
 * The lookup is find-my-way with the application's own router options, versions and host constraints. Routes that differ
 * only in a constraint of the application's own making count as one here: the most important of them.
 */
export class RouteTable {
  /**
   * `false` where core was imported after the application was made: then routes are learned from the requests that come,
   * and a route is known from its second request on.
   */
  readonly complete: boolean
  readonly #root: FastifyInstance
  readonly #records: TableRecord[] = []
  #router: FindMyWay.Instance<FindMyWay.HTTPVersion> | undefined
  // By method, then by URL: the router's answer for a request line that spells a plain path exactly. Saves the search, and
  // keeps find-my-way's code compiled for the one router that Fastify uses; anything else is searched for.
  readonly #plain: Map<string, Map<string, RouteRecord>> = new Map()
  readonly #importance: (record: RouteRecord) => number
  // By the config that Fastify made of the route's: the one thing that is a route's own and reachable from a request.
  readonly #byConfig = new WeakMap<object, TableRecord | undefined>()
  readonly #listeners: RouteListener[] = []
  #contextKey: symbol | undefined
  readonly #routeLog: RouteLog

  /**
   * @param importance lower is more important; decides between routes that differ only in a custom constraint
   * @throws PLM_CORE_TOO_LATE where the application has started
   */
  constructor (root: FastifyInstance, importance: (record: RouteRecord) => number) {
    this.#root = root
    this.#importance = importance
    this.complete = routeLogOf(root) !== undefined
    this.#routeLog = this.#log()
  }

  /** Fills the table. `onRoute` sees each route as it is registered and may throw to refuse it; those registered before come first. */
  fill (onRoute: RouteListener): void {
    this.#listeners.push(onRoute)
    const add = (route: SeenRoute): void => {
      const record = new TableRecord(this.#records.length, route)
      this.#records.push(record)
      for (const listener of this.#listeners) listener(record, route.options)
    }
    this.#routeLog.seen.forEach(add)
    this.#routeLog.observer = add
  }

  /**
   * Calls `listener` for each route that was registered through Fastify since core was made or imported, and for each to
   * come, with Fastify's own options: until the application is ready, a hook may be added to them for that route alone.
   * A listener that throws refuses the route.
   */
  onRoute (listener: RouteListener): void {
    this.#routeLog.seen.forEach(({ options }, index) => listener(this.#records[index]!, options))
    this.#listeners.push(listener)
  }

  get records (): readonly RouteRecord[] { return this.#records }

  /** Core does it once all plugins have loaded. */
  compile (): void {
    const importance = this.#importance
    this.#router = FindMyWay<FindMyWay.HTTPVersion>({
      ...this.#root.initialConfig.routerOptions,
      constraints: {},
      querystringParser: () => NO_QUERY,
      // Its own defaults would answer the request.
      defaultRoute: nothing,
      onBadUrl: nothing,
      onMaxParamLength: nothing
    })
    const best = new Map<string, RoutePath>()
    for (const record of this.#records) {
      record.keepConfig()
      for (const method of record.methods) {
        for (const url of this.#urlsOf(record, method)) {
          const path = { method, url, record, constraints: builtInConstraints(record.constraints) }
          const key = `${method} ${url} ${String(path.constraints['host'])} ${String(path.constraints['version'])}`
          const rival = best.get(key)
          if (rival === undefined || importance(record) < importance(rival.record)) best.set(key, path)
        }
      }
    }
    for (const path of best.values()) this.#insert(path)
    this.#listPlain([...best.values()])
  }

  /** The route that Fastify will choose; `undefined` for an unknown path. Some 300 ns, except for a path without parameters and query, which is looked up in a map. */
  lookup (req: RawRequest, res: RawResponse): RouteRecord | undefined {
    const plain = this.#plain.get(String(req.method))?.get(String(req.url))
    if (plain !== undefined) return plain
    const found: RouteRecord | undefined = this.#router?.lookup(req, res)
    return found
  }

  /** Takes in the route of a request that Fastify has routed. Only where the table is not {@link complete}. */
  learn ({ routeOptions: { url, method, config } }: RoutedRequest): void {
    if (url === undefined || method === undefined || this.#byConfig.has(config)) return
    const record = new TableRecord(this.#records.length, { methods: methodsOf(method), url, slashUrl: undefined, options: { config } })
    this.#byConfig.set(config, record)
    this.#records.push(record)
    this.compile()
  }

  /**
   * The route that Fastify has chosen for a request, asked in a hook; `undefined` for an unknown path. Of routes that
   * differ in a constraint only, the first.
   */
  recordOf (request: RoutedRequest): RouteRecord | undefined {
    const config = this.#configOf(request)
    const known = this.#byConfig.get(config)
    if (known !== undefined || this.#byConfig.has(config)) return known
    const record = this.#chosen(request.routeOptions)
    this.#byConfig.set(config, record)
    return record
  }

  /** `routeOptions` would tell as well, but builds an object of twelve fields at each look. */
  #configOf (request: RoutedRequest): object {
    this.#contextKey ??= Object.getOwnPropertySymbols(request).find(({ description }) => description === 'fastify.context')
    const routed: Routed = Object(request)
    const context = this.#contextKey && routed[this.#contextKey]
    return context?.config ?? request.routeOptions.config
  }

  #chosen ({ url, method }: RoutedRequest['routeOptions']): TableRecord | undefined {
    if (url === undefined || method === undefined) return undefined
    const methods = methodsOf(method)
    return this.#records.find((other) => (other.url === url || other.slashUrl === url) && methods.every((one) => other.methods.includes(one)))
  }

  #log (): RouteLog {
    try {
      const log = logRoutes(this.#root)
      if (!log.started) return log
    } catch (cause) {
      throw new CoreTooLateError('core was asked for', ASK_EARLIER, { cause })
    }
    throw new CoreTooLateError('core was asked for', ASK_EARLIER)
  }

  #urlsOf (record: TableRecord, method: string): string[] {
    // Fastify may have added `/prefix/`, or not (an empty path was asked for): it alone knows.
    if (record.slashUrl === undefined || !this.#root.hasRoute({ method, url: record.slashUrl, constraints: record.constraints })) return [record.url]
    return [record.url, record.slashUrl]
  }

  #insert ({ method, url, record, constraints }: RoutePath): void {
    // find-my-way's types lack newer methods (QUERY), which it takes from node:http at run time.
    this.#router?.on(method as Methods, url, { constraints }, () => record)
  }

  // A static path comes before all others in find-my-way, whatever its options; only a constraint can choose between two.
  #listPlain (paths: readonly RoutePath[]): void {
    this.#plain.clear()
    if (paths.some(({ constraints }) => Object.keys(constraints).length > 0)) return
    for (const { method, url, record } of paths) {
      if (!PLAIN_PATH.test(url)) continue
      const ofMethod = this.#plain.get(method) ?? new Map<string, RouteRecord>()
      this.#plain.set(method, ofMethod.set(url, record))
    }
  }
}

/** Nothing in it that a router reads as more than a letter: parameters, wildcards, escapes, queries. */
const PLAIN_PATH = /^\/[\w\-./~]*$/

function methodsOf (method: string | readonly string[]): readonly string[] {
  return typeof method === 'string' ? [method] : [...method]
}

interface RoutePath {
  readonly method: string
  readonly url: string
  readonly record: RouteRecord
  readonly constraints: Readonly<Record<string, unknown>>
}

const NO_QUERY = Object.freeze({})

function nothing (): void {}

/** The two that every router has. */
function builtInConstraints ({ host, version }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...(host === undefined ? {} : { host }), ...(version === undefined ? {} : { version }) }
}

/** Whether the application rewrites URLs before routing, which a gate in front of it cannot see. */
export function rewritesUrl (root: FastifyInstance): boolean {
  return Reflect.ownKeys(root).some(key => typeof key === 'symbol' && key.description === 'fastify.options' && hasRewriteUrl(Reflect.get(root, key)))
}

function hasRewriteUrl (options: unknown): boolean {
  return typeof options === 'object' && options !== null && 'rewriteUrl' in options && typeof options.rewriteUrl === 'function'
}
