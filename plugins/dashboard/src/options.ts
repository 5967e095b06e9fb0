import { accepted, flag, optionSpec, text } from '@plimsoll/core'
import type { OptionSpec, ResolvedOptions } from '@plimsoll/core'
import { InvalidOptionError } from './errors.ts'

/** Options of the plugin. All may stay out. */
export interface DashboardOptions {
  /** `false`, or `dashboard` in the environment's `PLIMSOLL_DISABLE`, shows nothing until switched on by control. @default true */
  readonly enabled?: boolean
  /** Name of the service at the top of the page; the same on all its instances. @default 'service' */
  readonly service?: string
  /** Offer operators the controls of components on the page. Their endpoints are core's, and are there either way. @default false */
  readonly controls?: boolean
  /**
   * Seconds of history that are kept all the time, 60 to 86,400, for a page that is opened after it happened. 0 keeps the
   * last 900 seconds in which figures were gathered anyway: for alerts, or for somebody who looked. @default 0
   */
  readonly history?: number
}

export type DashboardSettings = Required<DashboardOptions>

export type ResolvedDashboardOptions = ResolvedOptions<DashboardSettings>

const MIN_HISTORY_SECONDS = 60
const MAX_HISTORY_SECONDS = 86_400

function isHistory (given: unknown): given is number {
  if (given === 0) return true
  return Number.isSafeInteger(given) && Number(given) >= MIN_HISTORY_SECONDS && Number(given) <= MAX_HISTORY_SECONDS
}

export const dashboardOptions: OptionSpec<DashboardOptions, DashboardSettings> = optionSpec<DashboardOptions, DashboardSettings>(InvalidOptionError, {
  enabled: flag({ default: true }),
  service: text({ maxLength: 100, default: 'service' }),
  controls: flag({ default: false }),
  history: accepted(isHistory, `give 0, or a whole number of seconds from ${MIN_HISTORY_SECONDS} to ${MAX_HISTORY_SECONDS}`, { default: 0 })
})
