import { constants } from 'node:os'
import { adminSpec } from './admin/admin-options.ts'
import type { AdminOptions, AdminSettings } from './admin/admin-options.ts'
import { coordinationSpec } from './coordinator/coordination-options.ts'
import type { CoordinationOptions, CoordinationSettings } from './coordinator/coordination-options.ts'
import { InvalidOptionError } from './errors.ts'
import type { BlackBoxOptions } from './frames/black-box.ts'
import type { LifeCycleOptions } from './life-cycle.ts'
import type { MetricRegistry } from './metric-registry.ts'
import { accepted, integer, optional, required, stringMap, text } from './option-checks.ts'
import { optionSpec } from './option-spec.ts'
import type { OptionSpec, ResolvedOptions } from './option-spec.ts'
import { trustedHeaderSpec } from './priorities.ts'
import type { PriorityFunction, PrioritySettings, TrustedHeader } from './priorities.ts'
import type { Priority } from './priority.ts'
import { priorityRules } from './priority-rules.ts'
import type { PriorityRule } from './priority-rules.ts'
import type { RawRequest } from './raw.ts'

/** Options of the plugin `@plimsoll/core`. All may stay out. */
export interface CoreOptions {
  /** The class of a request, before anything else is asked. Synchronous, and fast: every request waits for it. (A method, so that a function of `IncomingMessage` fits.) */
  priority? (req: RawRequest): Priority | undefined
  /** Asked after `priority`, the most specific first; at most 100. @default [] */
  readonly priorityRules?: readonly PriorityRule[]
  /** Lets trusted callers tell the class of their requests, where neither rule nor route does. @default none */
  readonly priorityHeader?: TrustedHeader
  /** Headers of every refusal, such as `access-control-allow-origin`. @default {} */
  readonly refusalHeaders?: Readonly<Record<string, string>>
  /** How the application ends. */
  readonly lifeCycle?: LifeCycleOptions
  /** Opens the operator's endpoints: health, metrics, components, journal and what plugins add. @default none are open */
  readonly admin?: AdminOptions
  /** Coordination with the other instances of the service. @default this process alone, unless a plugin offers a backend */
  readonly coordinator?: CoordinationOptions
  /** Writes the last frames and the journal to a file at a fatal exit; collects a frame a second for it. @default none */
  readonly blackBox?: BlackBoxOptions
  /** The application's own prom-client registry, which all metrics are added to. @default none */
  readonly registry?: MetricRegistry
}

export interface CoreSettings extends PrioritySettings {
  readonly priority: PriorityFunction | undefined
  readonly lifeCycle: LifeCycleSettings
  readonly admin: AdminSettings | undefined
  readonly coordinator: CoordinationSettings | undefined
  readonly blackBox: Required<BlackBoxOptions> | undefined
  readonly registry: MetricRegistry | undefined
  readonly refusalHeaders: Readonly<Record<string, string>>
}

export interface LifeCycleSettings {
  readonly signals: readonly NodeJS.Signals[] | undefined
  readonly drainDelayMs: number
  readonly closeDeadlineMs: number
}

export type ResolvedCoreOptions = ResolvedOptions<CoreSettings>

const lifeCycleSpec: OptionSpec<LifeCycleOptions, LifeCycleSettings> = optionSpec<LifeCycleOptions, LifeCycleSettings>(InvalidOptionError, {
  signals: accepted(areSignals, 'give an array of signal names such as SIGTERM'),
  drainDelayMs: integer({ min: 0, max: 600_000, default: 5_000 }),
  closeDeadlineMs: integer({ min: 1, max: 600_000, default: 25_000 })
}, ({ drainDelayMs, closeDeadlineMs }) => drainDelayMs < closeDeadlineMs ? undefined : { option: 'drainDelayMs', right: 'give less than closeDeadlineMs' })

const blackBoxSpec: OptionSpec<BlackBoxOptions, Required<BlackBoxOptions>> = optionSpec<BlackBoxOptions>(InvalidOptionError, {
  file: required(text({ maxLength: 4_096 })),
  frames: integer({ min: 1, max: 600, default: 60 })
})

export const coreOptions: OptionSpec<CoreOptions, CoreSettings> = optionSpec<CoreOptions, CoreSettings>(InvalidOptionError, {
  priority: accepted((given): given is PriorityFunction => typeof given === 'function', 'give a function (req) => priority'),
  priorityRules,
  priorityHeader: optional(trustedHeaderSpec),
  refusalHeaders: stringMap(),
  lifeCycle: lifeCycleSpec.nested(),
  admin: optional(adminSpec),
  coordinator: optional(coordinationSpec),
  blackBox: optional(blackBoxSpec),
  registry: accepted(isRegistry, 'give a registry such as prom-client\'s')
})

function isRegistry (given: unknown): given is MetricRegistry {
  return typeof given === 'object' && given !== null && 'registerMetric' in given && typeof given.registerMetric === 'function'
}

function areSignals (given: unknown): given is readonly NodeJS.Signals[] {
  return Array.isArray(given) && given.every(signal => typeof signal === 'string' && Object.hasOwn(constants.signals, signal))
}
