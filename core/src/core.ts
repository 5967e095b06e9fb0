import { readFileSync } from 'node:fs'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { AdminSurface } from './admin/admin-surface.ts'
import { addCoreRoutes } from './admin/core-routes.ts'
import { Admission } from './admission.ts'
import { admissionHook } from './admission-hook.ts'
import { messageOf } from './bounded-json.ts'
import type { Clock } from './clock.ts'
import { Components } from './components.ts'
import type { MakeDriver } from './coordinator/backend.ts'
import { Coordination } from './coordinator/coordination.ts'
import type { Coordinator } from './coordinator/coordinator.ts'
import { registerCoreMetrics } from './core-metrics.ts'
import { CoreConfiguredTwiceError, CoreTooLateError, InvalidDegradeError } from './errors.ts'
import { BlackBox } from './frames/black-box.ts'
import { Frames } from './frames/frames.ts'
import { handlerTimeoutHook } from './handler-timeout.ts'
import { Health } from './health.ts'
import { Journal } from './journal.ts'
import { LifeCycle } from './life-cycle.ts'
import { Metrics } from './metrics.ts'
import { describe } from './option-spec.ts'
import { coreOptions } from './options.ts'
import type { CoreOptions, CoreSettings, ResolvedCoreOptions } from './options.ts'
import { checkPriority, Priorities, rankOfRoute } from './priorities.ts'
import type { RawRequest, RawResponse } from './raw.ts'
import type { RequestScope } from './request-scope.ts'
import { RequestScopes } from './request-scopes.ts'
import { rewritesUrl, RouteTable } from './routes.ts'
import type { RouteRecord } from './routes.ts'
import { Vitals } from './vitals/vitals.ts'
import { warn } from './warnings.ts'

/** Copies of core with the same number can serve one another's plugins. */
export const CONTRACT = 1

const manifest: { readonly version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

/** Version of this copy of the package. */
export const VERSION: string = manifest.version

/** Where this copy is installed, as a file URL. */
export const LOCATION: string = new URL('..', import.meta.url).href

/**
 * What all plugins of one application share: one per root instance, made by `ensureCore()`. The plugins of another
 * installed copy of core use it as well, so nothing may ask whether it is an `instanceof` anything.
 */
export class Core {
  /** See {@link CONTRACT}. */
  readonly contract: number = CONTRACT
  /** Of the copy that made this object. */
  readonly version: string = VERSION
  readonly location: string = LOCATION
  readonly root: FastifyInstance
  readonly clock: Clock
  readonly journal: Journal
  readonly components: Components
  readonly vitals: Vitals
  readonly metrics: Metrics
  readonly scopes: RequestScopes
  readonly routes: RouteTable
  readonly priorities: Priorities
  readonly admission: Admission
  readonly lifeCycle: LifeCycle
  readonly health: Health
  readonly admin: AdminSurface
  readonly frames: Frames
  readonly #coordination: Coordination
  #options: ResolvedCoreOptions = coreOptions.resolve(undefined)
  #configured = false
  #ready = false
  #hooked = false
  #leasesTimedOut = false
  #blackBox: BlackBox | undefined

  /** @throws PLM_CORE_INVALID_PRIORITY, PLM_CORE_INVALID_DEGRADE in a route that is registered already */
  constructor (root: FastifyInstance, clock: Clock) {
    const journal = new Journal({ clock })
    this.root = root
    this.clock = clock
    this.journal = journal
    this.components = new Components({ clock, journal })
    this.vitals = new Vitals({ clock, listenerFailed: error => journal.record({ component: 'core', event: 'vitals-listener-failed', severity: 'error', message: messageOf(error) }) })
    this.metrics = new Metrics({ clock, journal })
    this.scopes = new RequestScopes({ clock, journal })
    this.routes = new RouteTable(root, rankOfRoute)
    this.priorities = new Priorities({ routes: this.routes, journal })
    this.admission = new Admission({ clock, journal, needHook: () => this.#addHook() })
    this.lifeCycle = new LifeCycle({ clock, journal, scopes: this.scopes, app: root })
    this.health = new Health({ clock, components: this.components, journal, lifeCycle: this.lifeCycle })
    this.admin = new AdminSurface({ root, clock, journal })
    this.#coordination = new Coordination({ clock, journal, components: this.components, metrics: this.metrics, lifeCycle: this.lifeCycle })
    this.frames = new Frames({ clock, journal, components: this.components, health: this.health, vitals: this.vitals, scopes: this.scopes, instance: () => this.#coordination.id })
    this.#registerOwn()
    // Routes that core has not seen may have a timeout of their own.
    if (Reflect.get(root.initialConfig, 'handlerTimeout') > 0 || !this.routes.complete) this.#leaseTimedOut()
    if (!this.routes.complete) this.#addHook()
    // Last: a route that can degrade needs the hook, and that everything above.
    this.routes.fill((route, options) => this.#routeAdded(route, options))
  }

  /** Effective options: the defaults until {@link configure}. To be read at onReady, when they are final. */
  get options (): CoreSettings { return this.#options.values }

  /**
   * Coordination with the other instances of the service, from core's onReady on, which comes ahead of the plugins' own.
   *
   * @throws PLM_COORDINATOR_TOO_EARLY
   */
  get coordinator (): Coordinator { return this.#coordination.coordinator }

  /**
   * For a plugin that brings a backend, while it is registered; an application has one.
   *
   * @param name the backend's, such as `redis`
   * @param make called once, when all plugins have loaded
   * @throws PLM_COORDINATOR_BACKEND_TAKEN, PLM_CORE_TOO_LATE
   */
  offerBackend (name: string, make: MakeDriver): void { this.#coordination.offer(name, make) }

  /** The scope of a request, made if need be. */
  scopeOf (req: RawRequest, res: RawResponse): RequestScope { return this.scopes.of(req, res) }

  /**
   * Takes the application's options, whoever made this core before; rejects with what is wrong with them.
   *
   * @throws PLM_CORE_INVALID_OPTION, PLM_CORE_CONFIGURED_TWICE, PLM_CORE_TOO_LATE, PLM_COORDINATOR_INVALID_OPTION
   */
  async configure (options: CoreOptions): Promise<void> {
    if (this.#ready) throw new CoreTooLateError('core was configured', 'register @plimsoll/core')
    if (this.#configured) throw new CoreConfiguredTwiceError()
    this.#options = coreOptions.resolve(options)
    this.#configured = true
    const { admin, blackBox, coordinator, registry, priority, refusalHeaders } = this.options
    this.admission.addHeaders(refusalHeaders)
    if (priority !== undefined) this.priorities.useFunction(priority)
    if (admin !== undefined) this.admin.open(admin)
    if (registry !== undefined) this.metrics.bindTo(registry)
    if (blackBox !== undefined) this.#blackBox = new BlackBox(this, blackBox)
    if (coordinator !== undefined) await this.#coordination.configure(coordinator)
  }

  /** Called once all plugins have loaded. */
  async ready (): Promise<void> {
    this.#ready = true
    const { initialConfig } = this.root
    this.priorities.configure(this.options, { ...initialConfig.routerOptions })
    this.routes.compile()
    if (!this.routes.complete) warn('PLM_CORE_IMPORTED_LATE')
    if (this.admission.gated && !this.priorities.byFunction && rewritesUrl(this.root)) warn('PLM_CORE_REWRITE_URL')
    this.health.start()
    await this.#coordination.start()
    await this.admin.start()
    this.lifeCycle.start(this.options.lifeCycle)
  }

  /** Called when the application closes, after the plugins that were registered later. */
  async close (): Promise<void> {
    this.health.close()
    this.#blackBox?.close()
    this.frames.close()
    this.vitals.close()
    this.scopes.close()
    await this.#coordination.close()
    await this.admin.close()
    this.lifeCycle.closed()
  }

  #registerOwn (): void {
    const { admin, admission, components, health, journal, metrics, scopes, vitals } = this
    registerCoreMetrics({ metrics, vitals, scopes: { get inFlight () { return scopes.inFlight }, get leased () { return scopes.leased }, get streams () { return scopes.openStreams } }, refusals: admission.refusals, journal, components, admin })
    addCoreRoutes(admin, { health, metrics, components, journal })
  }

  #routeAdded (route: RouteRecord, { handlerTimeout }: RouteOptions): void {
    checkPriority(route)
    if (handlerTimeout !== undefined) this.#leaseTimedOut()
    const { degrade } = route.config
    if (degrade === undefined) return
    if (typeof degrade !== 'function') throw new InvalidDegradeError(route.methods.join(','), route.url, describe(degrade))
    this.#addHook()
  }

  #leaseTimedOut (): void {
    if (this.#leasesTimedOut) return
    this.root.addHook('onError', handlerTimeoutHook(this.scopes))
    this.#leasesTimedOut = true
  }

  /** On the root, from wherever it is called: it reaches contexts that exist already as well. */
  #addHook (): void {
    if (this.#hooked) return
    const { clock, admission, priorities, routes, scopes } = this
    try {
      this.root.addHook('onRequest', admissionHook({ clock, admission, priorities, routes, scopes }))
    } catch (cause) {
      throw new CoreTooLateError('an admission check was added', 'add it, or register its plugin,', { cause })
    }
    this.#hooked = true
  }
}
