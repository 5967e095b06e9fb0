import { messageOf } from '@plimsoll/core'
import type { AdminUser, Core } from '@plimsoll/core'
import { FramePool } from './cluster/frame-pool.ts'
import { HistoryExchange } from './cluster/history-exchange.ts'
import { DisabledError, NoFrameError, NoSurfaceError } from './errors.ts'
import type { DashboardSettings } from './options.ts'
import type { ApiSources } from './server/api-routes.ts'
import { ownHistoryOf } from './server/history.ts'
import { LiveViews } from './server/live-views.ts'
import { VERSION } from './server/openapi.ts'
import type { PageData } from './server/page.ts'

/** Seconds of history kept of what is gathered anyway. */
const PASSIVE_HISTORY_SECONDS = 900

/** The dashboard of an application: its live part begins when the application is ready, and the coordinator with it. */
export class Dashboard {
  readonly #core: Core
  readonly #settings: DashboardSettings
  #enabled: boolean
  #live: { readonly views: LiveViews, readonly pool: FramePool, readonly exchange: HistoryExchange } | undefined
  #leaveHistory: (() => void) | undefined
  #hasFailed = false

  constructor (core: Core, settings: DashboardSettings, enabled: boolean) {
    this.#core = core
    this.#settings = settings
    this.#enabled = enabled
  }

  get enabled (): boolean { return this.#enabled }

  /** From {@link start} on. */
  get views (): LiveViews | undefined { return this.#live?.views }

  get pool (): FramePool | undefined { return this.#live?.pool }

  get exchange (): HistoryExchange | undefined { return this.#live?.exchange }

  setEnabled (enabled: boolean): void {
    this.#enabled = enabled
    if (!enabled) this.#live?.views.clear()
    this.#keepHistory()
  }

  /**
   * At onReady.
   * @throws PLM_DASHBOARD_NO_SURFACE
   */
  start (): void {
    const { admin, clock, coordinator, frames } = this.#core
    if (!admin.isOpen) throw new NoSurfaceError()
    const pool = new FramePool({
      frames,
      coordinator,
      clock,
      failed: (error) => { this.#failed(error) }
    })
    pool.open()
    const exchange = new HistoryExchange({ instance: frames.instance, coordinator, clock, historyOf: (query) => ownHistoryOf(this.#core, query) })
    exchange.open()
    this.#live = { pool, exchange, views: new LiveViews({ clock, pool, self: frames.instance, isOwn: ownRoutes(admin.prefix) }) }
    this.#keepHistory()
  }

  /** What the API answers from. @throws PLM_DASHBOARD_DISABLED, PLM_DASHBOARD_NO_FRAME (503) */
  sources (): ApiSources {
    this.check()
    if (this.#live === undefined) throw new NoFrameError(0)
    const { views, pool, exchange } = this.#live
    return { core: this.#core, live: views, pool, exchange, isOwn: ownRoutes(this.#core.admin.prefix) }
  }

  /** @throws PLM_DASHBOARD_DISABLED */
  check (): void {
    if (!this.#enabled) throw new DisabledError()
  }

  /** What the page knows before it asks for anything. */
  pageData ({ user, role }: AdminUser): PageData {
    const { components, frames } = this.#core
    return {
      user,
      role,
      controls: String(this.#settings.controls && role === 'operator'),
      profiles: String(components.list().some(({ kind }) => kind === 'profiler')),
      service: this.#settings.service,
      instance: frames.instance,
      version: VERSION
    }
  }

  /** When the application drains: streams end. */
  drain (): void { this.#live?.views.close() }

  /** When it has drained: other instances hear that this one goes. */
  async resign (): Promise<void> { await this.#live?.pool.farewell() }

  close (): void {
    this.#live?.views.close()
    this.#live?.pool.close()
    this.#live?.exchange.close()
    this.#leaveHistory?.()
  }

  /** Written down once: it would happen again each second. */
  #failed (error: unknown): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#core.journal.record({ component: 'dashboard', event: 'view-failed', severity: 'error', message: `a second could not be shown: ${messageOf(error)} (said once)` })
  }

  #keepHistory (): void {
    this.#leaveHistory?.()
    const { history } = this.#settings
    this.#leaveHistory = this.#enabled
      ? this.#core.frames.keepHistory(history === 0 ? { seconds: PASSIVE_HISTORY_SECONDS, passive: true } : { seconds: history })
      : undefined
  }
}

/** Patterns of the page's and the API's routes; on a port of their own they are not among the application's. */
function ownRoutes (prefix: string | undefined): (route: string) => boolean {
  const own = [`${prefix}/dashboard`, `${prefix}/api/performance/`]
  return (route) => own.some((beginning) => route.startsWith(beginning))
}
