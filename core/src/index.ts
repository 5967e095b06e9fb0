import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { DegradeHandler } from './admission-hook.ts'
import type { Core } from './core.ts'
import { ensureCore } from './ensure-core.ts'
import type { CoreOptions } from './options.ts'
import type { Priority } from './priority.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What all Plimsoll plugins of this application share. */
    plimsoll: Core
  }
  interface FastifyContextConfig {
    /** Class of the route's requests. @default 'normal' */
    priority?: Priority
    /** Answers with something cheaper when a request of this route was refused. */
    degrade?: DegradeHandler
    /** The response is a long stream, which leaves every limit at its first byte. @default false */
    stream?: boolean
  }
}

/**
 * Configures core, which every Plimsoll plugin shares. Needs to be registered only where its options or its admin
 * surface are wanted: the plugins make core themselves. Its place among them doesn't matter.
 */
const plimsoll: FastifyPluginAsync<CoreOptions> = fp(async (fastify: FastifyInstance, options: CoreOptions): Promise<void> => {
  await ensureCore(fastify).configure(options)
}, { fastify: '5.x', name: '@plimsoll/core' })

export default plimsoll
export type { AdminAuth, AdminOptions, AdminRole, AdminUser } from './admin/admin-options.ts'
export { AdminSurface } from './admin/admin-surface.ts'
export type { AdminRoute } from './admin/admin-surface.ts'
export { bearerAuth } from './admin/bearer-auth.ts'
export type { BearerToken } from './admin/bearer-auth.ts'
export { contentSecurityPolicy, sourceHash } from './admin/content-security-policy.ts'
export { addressRange, AddressSet } from './address-set.ts'
export { Admission, ADMISSION_ORDER, MAX_DEGRADING } from './admission.ts'
export type { AdmissionCheck, AdmissionPorts } from './admission.ts'
export { refuseRouted } from './admission-hook.ts'
export type { DegradeHandler } from './admission-hook.ts'
export { boundedJson, boundedText, messageOf } from './bounded-json.ts'
export { systemClock } from './clock.ts'
export type { Clock, ClockTimer } from './clock.ts'
export type { Component, ComponentHealth, ConfigurationValue, Control, Json, PressureLevel, Tunable } from './component.ts'
export { Components, enabledControl } from './components.ts'
export type { ComponentView } from './components.ts'
export { CONTRACT, Core } from './core.ts'
export * from './coordinator/index.ts'
export { ensureCore } from './ensure-core.ts'
export * from './errors.ts'
export * from './frames/index.ts'
export { Health } from './health.ts'
export type { HealthReason, HealthReport, ReadinessCheck } from './health.ts'
export { Journal, JOURNAL_CHANNEL } from './journal.ts'
export type { JournalEntry, JournalEvent } from './journal.ts'
export { LifeCycle, PHASES } from './life-cycle.ts'
export type { LifeCycleOptions, Phase } from './life-cycle.ts'
export type { MetricRegistry } from './metric-registry.ts'
export type { MetricReport, MetricSource } from './metric-source.ts'
export { Metrics } from './metrics.ts'
export * from './operator-errors.ts'
export * from './option-checks.ts'
export { optionSpec, OptionSpec } from './option-spec.ts'
export type { InvalidOptionConstructor, OptionCheck, OptionFault, Resolved, ResolvedOptions } from './option-spec.ts'
export type { CoreOptions } from './options.ts'
export { Priorities } from './priorities.ts'
export type { PriorityFunction, TrustedHeader } from './priorities.ts'
export { PRIORITIES, PRIORITY_RANK } from './priority.ts'
export type { Priority, PriorityRank } from './priority.ts'
export { DEADLINE_HEADER, priorityInterceptor } from './priority-propagation.ts'
export type { PriorityInterceptor, PriorityInterceptorOptions } from './priority-propagation.ts'
export type { PriorityRule } from './priority-rules.ts'
export type { RawRequest, RawResponse } from './raw.ts'
export type { Refusal, RefusalBody } from './refusal.ts'
export { refuse } from './refuse.ts'
export type { RefuseOptions } from './refuse.ts'
export type { RequestScope, ScopeListener, SettleReason } from './request-scope.ts'
export { RequestScopes } from './request-scopes.ts'
export type { ScopeObserver } from './request-scopes.ts'
export { RouteTable } from './routes.ts'
export type { RouteListener, RouteRecord } from './routes.ts'
export { Vitals } from './vitals/vitals.ts'
export type { VitalSigns } from './vitals/vital-signs.ts'
