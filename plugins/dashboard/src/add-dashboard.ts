import type { FastifyInstance } from 'fastify'
import { ensureCore, isEnabled } from '@plimsoll/core'
import { Dashboard } from './dashboard.ts'
import { dashboardComponent } from './dashboard-component.ts'
import { dashboardMetrics } from './dashboard-metrics.ts'
import { RegisteredTwiceError } from './errors.ts'
import { dashboardOptions } from './options.ts'
import type { DashboardOptions } from './options.ts'
import { addApiRoutes } from './server/api-routes.ts'
import type { Assets } from './server/assets.ts'
import { addPageRoutes } from './server/page-routes.ts'

/** Marks an application that has a dashboard. */
const REGISTERED = Symbol.for('@plimsoll/dashboard')

/**
 * Puts a dashboard whose page is made of `assets` on the application's admin surface; without them there is only the API.
 * @throws PLM_DASHBOARD_REGISTERED_TWICE, PLM_DASHBOARD_INVALID_OPTION
 */
export function addDashboard (fastify: FastifyInstance, given: DashboardOptions, assets: Assets | undefined): void {
  const core = ensureCore(fastify)
  const { root } = core
  if (root.hasDecorator(REGISTERED)) throw new RegisteredTwiceError()
  const resolved = dashboardOptions.resolve(given)
  root.decorate(REGISTERED, true)
  const dashboard = new Dashboard(core, resolved.values, isEnabled('dashboard', resolved.values.enabled))
  addPageRoutes(core.admin, { assets, check: () => { dashboard.check() }, dataFor: (user) => dashboard.pageData(user) })
  addApiRoutes(core.admin, () => dashboard.sources())
  const leave = [
    core.components.register(dashboardComponent(dashboard, resolved)),
    ...dashboardMetrics(dashboard).map((metric) => core.metrics.register(metric)),
    core.lifeCycle.on('drain', () => { dashboard.drain() }),
    core.lifeCycle.on('resign', async () => { await dashboard.resign() })
  ]
  root.addHook('onReady', async () => { dashboard.start() })
  root.addHook('onClose', async () => {
    dashboard.close()
    for (const step of leave) step()
  })
}
