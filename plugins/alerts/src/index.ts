import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { ensureCore, isEnabled } from '@plimsoll/core'
import { Alerts } from './alerts.ts'
import { alertsComponent } from './alerts-component.ts'
import { alertsMetrics } from './alerts-metrics.ts'
import { RegisteredTwiceError } from './errors.ts'
import { alertsOptions } from './options.ts'
import type { AlertsOptions } from './options.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Rules, alerts and who is told: state and controls. */
    alerts: Alerts
  }
}

/** Watches the service by rules, and tells somebody once when one holds. Register it once, on any instance. */
const alerts: FastifyPluginAsync<AlertsOptions> = fp(async (fastify: FastifyInstance, given: AlertsOptions): Promise<void> => {
  const core = ensureCore(fastify)
  const { root } = core
  if (root.hasDecorator('alerts')) throw new RegisteredTwiceError()
  const resolved = alertsOptions.resolve(given)
  const alerts = new Alerts(core, resolved.values, isEnabled('alerts', resolved.values.enabled))
  root.decorate('alerts', alerts)
  const leave = [
    core.components.register(alertsComponent(alerts, resolved)),
    ...alertsMetrics(alerts).map(metric => core.metrics.register(metric)),
    core.lifeCycle.on('drain', async () => await alerts.drain())
  ]
  root.addHook('onReady', async () => alerts.start())
  root.addHook('onClose', async () => {
    alerts.close()
    for (const step of leave) step()
  })
}, { fastify: '5.x', name: '@plimsoll/alerts' })

export default alerts
export type { AlertRecord } from './alert-record.ts'
export type { AlertState } from './alert.ts'
export type { Alerts } from './alerts.ts'
export * from './errors.ts'
export type { Inhibition } from './inhibition.ts'
export type { Notification } from './notification.ts'
export type { FunctionOptions, NotifierOptions, SlackOptions, WebhookOptions } from './notifier-options.ts'
export type { NotifyFunction } from './notifiers/function.ts'
export type { AlertsOptions } from './options.ts'
export type { AlertRule, Finding, Findings, Labels, Severity } from './rule.ts'
export type { RuleState } from './rule-engine.ts'
export type { LatencyRuleOptions, LeakRuleOptions, RuleOptions, RulesOptions, TrafficRuleOptions } from './rule-options.ts'
export type { BuiltInRuleName } from './rules/built-in-rules.ts'
export type { Matcher, Silence, SilenceRequest } from './silences.ts'
export type { SloOptions } from './slo-options.ts'
