import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { addDashboard } from './add-dashboard.ts'
import type { DashboardOptions } from './options.ts'
import { ASSETS_FOLDER, readAssets } from './server/assets.ts'

/**
 * A live page for the service or its whole cluster, as part of core's admin surface: at `{prefix}/dashboard/`, with its
 * API at `{prefix}/api/performance/`. Register it once, on any instance.
 */
const dashboard: FastifyPluginAsync<DashboardOptions> = fp(async (fastify: FastifyInstance, options: DashboardOptions): Promise<void> => {
  addDashboard(fastify, options, readAssets(ASSETS_FOLDER))
}, { fastify: '5.x', name: '@plimsoll/dashboard' })

export default dashboard
export * from './errors.ts'
export type { DashboardOptions } from './options.ts'
export type { InstanceChange } from './view/instance-changes.ts'
export type * from './view/view.ts'
