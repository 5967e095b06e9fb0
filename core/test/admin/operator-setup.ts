import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { adminSpec } from '../../src/admin/admin-options.ts'
import type { AdminOptions } from '../../src/admin/admin-options.ts'
import { AdminSurface } from '../../src/admin/admin-surface.ts'
import { addCoreRoutes } from '../../src/admin/core-routes.ts'
import { Components } from '../../src/components.ts'
import { Health } from '../../src/health.ts'
import { Journal } from '../../src/journal.ts'
import { Metrics } from '../../src/metrics.ts'
import { fakeClock } from '../../src/testing/index.ts'
import type { FakeClock } from '../../src/testing/index.ts'

export interface OperatorSetup {
  readonly app: FastifyInstance
  readonly clock: FakeClock
  readonly journal: Journal
  readonly components: Components
  readonly lifeCycle: { ready: boolean }
  readonly metrics: Metrics
  readonly admin: AdminSurface
}

/** The surface with core's routes on an application, composed as core does it. */
export function operatorSetup (options: AdminOptions, { environment = 'production', app = fastify() }: { readonly environment?: string, readonly app?: FastifyInstance } = {}): OperatorSetup {
  const clock = fakeClock()
  const journal = new Journal({ clock })
  const components = new Components({ clock, journal })
  const lifeCycle = { ready: true }
  const metrics = new Metrics({ clock, journal })
  const health = new Health({ clock, journal, components, lifeCycle })
  const admin = new AdminSurface({ root: app, clock, journal, environment })
  addCoreRoutes(admin, { health, metrics, components, journal })
  admin.open(adminSpec.resolve(options).values)
  app.addHook('onReady', () => admin.start())
  app.addHook('onClose', () => admin.close())
  return { app, clock, journal, components, lifeCycle, metrics, admin }
}
