import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { ensureCore, isEnabled } from '@plimsoll/core'
import { Dashboard } from './dashboard.ts'
import { dashboardComponent } from './dashboard-component.ts'
import { dashboardMetrics } from './dashboard-metrics.ts'
import { RegisteredTwiceError } from './errors.ts'
import { dashboardOptions } from './options.ts'
import type { DashboardOptions } from './options.ts'
import { addApiRoutes } from './server/api-routes.ts'
import { ASSETS_FOLDER, readAssets } from './server/assets.ts'
import { addPageRoutes } from './server/page-routes.ts'

/** Marks an application that has a dashboard. */
const REGISTERED = Symbol.for('@plimsoll/dashboard')

/**
 * A live page for the service or its whole cluster, as part of core's admin surface: at `{prefix}/dashboard/`, with its
 * API at `{prefix}/api/performance/`. Register it once, on any instance.
 */
const dashboard: FastifyPluginAsync<DashboardOptions> = fp(async (fastify: FastifyInstance, given: DashboardOptions): Promise<void> => {
  const core = ensureCore(fastify)
  const { root } = core
  if (root.hasDecorator(REGISTERED)) throw new RegisteredTwiceError()
  const resolved = dashboardOptions.resolve(given)
  root.decorate(REGISTERED, true)
  const dashboard = new Dashboard(core, resolved.values, isEnabled('dashboard', resolved.values.enabled))
  addPageRoutes(core.admin, { assets: readAssets(ASSETS_FOLDER), check: () => { dashboard.check() }, dataFor: (user) => dashboard.pageData(user) })
  addApiRoutes(core.admin, () => dashboard.sources())
  const leave = [
    core.components.register(dashboardComponent(dashboard, resolved)),
    ...dashboardMetrics(dashboard).map((metric) => core.metrics.register(metric)),
    core.lifeCycle.on('drain', async () => { await dashboard.drain() })
  ]
  root.addHook('onReady', async () => { dashboard.start() })
  root.addHook('onClose', async () => {
    dashboard.close()
    for (const step of leave) step()
  })
}, { fastify: '5.x', name: '@plimsoll/dashboard' })

export default dashboard
export * from './errors.ts'
export type { DashboardOptions } from './options.ts'
export type { InstanceChange } from './view/instance-changes.ts'
export type * from './view/view.ts'
