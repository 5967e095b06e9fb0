import { ControlArgumentError, enabledControl } from '@plimsoll/core'
import type { Component, Json, Tunable } from '@plimsoll/core'
import type { AlertRecord } from './alert-record.ts'
import type { Alerts } from './alerts.ts'
import { alertsOptions } from './options.ts'
import type { ResolvedAlertsOptions } from './options.ts'
import { BUILT_IN_RULES, RULE_DEFAULTS } from './rules/built-in-rules.ts'
import type { Silence, SilenceRequest } from './silences.ts'

const MAX_SHOWN = 100

/** What dashboard and console see of it. */
export function alertsComponent (alerts: Alerts, resolved: ResolvedAlertsOptions): Component {
  return {
    kind: 'alerts',
    name: 'alerts',
    snapshot: () => snapshotOf(alerts),
    health () {
      const dead = alerts.queues.filter(({ failingForMs }) => failingForMs > 0)
      if (dead.length === 0) return { status: 'ok' }
      return { status: 'degraded', reason: dead.map(({ notifier, failingForMs, queued, lastError }) => `notifier ${notifier.name} has failed for ${Math.round(failingForMs / 1000)} s, ${queued} wait: ${lastError}`).join('; ') }
    },
    controls: {
      enabled: enabledControl({ get: () => alerts.enabled, set: enabled => alerts.setEnabled(enabled) }),
      silence: {
        description: 'Notifies nobody of alerts that match for a while: { rule, instance, labels, minutes (60), by, comment }; at least one of the first three',
        get: () => alerts.silences().map(shownSilence),
        run: argument => shownSilence(alerts.silence(silenceOf(argument)))
      },
      unsilence: {
        description: 'Takes a silence back, by its id',
        run (argument) {
          if (typeof argument !== 'string') throw new ControlArgumentError(`unsilence takes the id of a silence, not ${typeof argument}`)
          alerts.unsilence(argument)
        }
      },
      testNotification: {
        description: 'Sends a notification that says that it is a test, to the notifier of this name, or to all',
        run (argument) {
          if (argument !== undefined && argument !== null && typeof argument !== 'string') throw new ControlArgumentError(`testNotification takes the name of a notifier or nothing, not ${typeof argument}`)
          const told = alerts.test(argument ?? undefined, 'an operator')
          if (told.length === 0) throw new ControlArgumentError(`there is no such notifier; there are: ${alerts.queues.map(({ notifier }) => notifier.name).join(', ') || 'none'}`)
          return [...told]
        }
      }
    },
    tunables: Object.fromEntries(BUILT_IN_RULES.flatMap(name => {
      const settings = alerts.ruleSettings.get(name)
      const { unit, min, max } = RULE_DEFAULTS[name]
      if (settings === undefined || min === max) return []
      const tunable: Tunable = { description: `Threshold of the rule ${name}`, unit, min, max, get: () => settings.threshold, set: value => { settings.threshold = value } }
      return [[name, tunable] as const]
    })),
    configuration: () => alertsOptions.configuration(resolved, {
      ...(alerts.enabled !== resolved.values.enabled && { enabled: alerts.enabled }),
      ...movedThresholds(alerts, resolved)
    })
  }
}

/** Figures of this moment; bounded. */
function snapshotOf (alerts: Alerts): { readonly [key: string]: Json } {
  const cluster = alerts.firing({ cluster: true })
  return {
    enabled: alerts.enabled,
    speaksFor: alerts.voice,
    firing: cluster.length,
    alerts: cluster.slice(0, MAX_SHOWN).map(shown),
    history: alerts.history.slice(0, MAX_SHOWN).map(shown),
    rules: alerts.states().map(state => ({ ...state })),
    silences: alerts.silences().map(shownSilence),
    notifiers: alerts.queues.map(({ notifier, queued, stats, failingForMs, lastError }) => ({ name: notifier.name, type: notifier.type, queued, ...stats, failingForMs: Math.round(failingForMs), lastError }))
  }
}

function shown (record: AlertRecord): Json { return { ...record } }

function shownSilence (silence: Silence): Json { return { ...silence } }

/** The argument of the control `silence`. @throws PLM_CORE_CONTROL_ARGUMENT */
function silenceOf (argument: Json | undefined): SilenceRequest {
  if (!isRecord(argument)) throw new ControlArgumentError('silence takes an object, such as { "rule": "latency-threshold", "minutes": 30, "comment": "known" }')
  const { rule, instance, labels, minutes, by, comment, ...unknown }: { readonly [key: string]: Json | undefined } = argument
  const wrong = Object.keys(unknown)[0] ?? Object.entries({ rule, instance, by, comment }).find(([, value]) => value !== undefined && typeof value !== 'string')?.[0]
  if (wrong !== undefined) throw new ControlArgumentError(`silence does not take ${wrong} like that: rule, instance, by and comment are texts, labels an object of texts, minutes a number`)
  if (minutes !== undefined && typeof minutes !== 'number') throw new ControlArgumentError(`minutes of a silence is a number, not ${typeof minutes}`)
  return { rule: textOf(rule), instance: textOf(instance), labels: labelsOf(labels), minutes, by: textOf(by), comment: textOf(comment) }
}

function textOf (value: Json | undefined): string | undefined { return typeof value === 'string' ? value : undefined }

function labelsOf (value: Json | undefined): Readonly<Record<string, string>> | undefined {
  if (value === undefined) return undefined
  if (!isRecord(value) || Object.values(value).some(text => typeof text !== 'string')) throw new ControlArgumentError('labels of a silence is an object of texts')
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]))
}

function isRecord (value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The rules as they are now, if a threshold was moved. */
function movedThresholds (alerts: Alerts, { values: { rules } }: ResolvedAlertsOptions): { readonly rules?: Json } {
  const moved = Object.fromEntries([...alerts.ruleSettings].flatMap(([name, { threshold }]) => {
    const given: unknown = Reflect.get(rules, name)
    return typeof given === 'object' && given !== null && Reflect.get(given, 'threshold') !== threshold ? [[name, { threshold }]] : []
  }))
  return Object.keys(moved).length === 0 ? {} : { rules: moved }
}
