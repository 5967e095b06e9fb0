import type { Json } from '../component.ts'
import { InvalidOptionError } from '../errors.ts'
import { accepted, flag, number, text } from '../option-checks.ts'
import { optionSpec } from '../option-spec.ts'
import type { OptionCheck, OptionSpec } from '../option-spec.ts'
import type { BackendChoice } from './backend.ts'
import { isRecord } from './codec.ts'
import type { CoordinatorDriver } from './driver.ts'
import type { CoordinatorTimings } from './timings.ts'

/** Coordination with the other instances of the service. All may stay out. */
export interface CoordinationOptions extends BackendChoice {
  /** This instance's name, unique among the living; at most 200 characters. @default host name, process id and four random characters */
  readonly id?: string | undefined
  /** Told to the other instances; at most 16 KiB of JSON. @default {} */
  readonly meta?: { readonly [key: string]: Json } | undefined
  /** All in milliseconds; what cannot work together is refused, with the figures. */
  readonly timings?: Partial<CoordinatorTimings> | undefined
}

export interface CoordinationSettings {
  readonly backend: CoordinatorDriver | string | undefined
  readonly options: Readonly<Record<string, unknown>> | undefined
  readonly optional: boolean
  readonly id: string | undefined
  readonly meta: { readonly [key: string]: Json } | undefined
  readonly timings: TimingSettings
}

export type TimingSettings = { readonly [K in keyof CoordinatorTimings]: number | undefined }

const MAX_META_LENGTH = 16_384

const milliseconds = number({ min: 1, max: 86_400_000 })

const timingsSpec: OptionSpec<Partial<CoordinatorTimings>, TimingSettings> = optionSpec<Partial<CoordinatorTimings>, TimingSettings>(InvalidOptionError, {
  ttlMs: milliseconds,
  renewMs: milliseconds,
  retryMs: milliseconds,
  commandTimeoutMs: milliseconds,
  graceMs: milliseconds,
  connectTimeoutMs: milliseconds,
  reconnectMs: milliseconds,
  syncMs: milliseconds
})

const backendCheck: OptionCheck<CoordinatorDriver | string | undefined> = {
  ...accepted(isBackend, 'give local, redis, etcd, consul, the name of a package, or a driver'),
  show: (backend) => typeof backend === 'string' ? backend : backend.name
}

// May hold a URL with a password.
const secretOptions: OptionCheck<Readonly<Record<string, unknown>> | undefined> = {
  ...accepted(isRecord, 'give an object, as the backend\'s package describes it'),
  show: () => '***'
}

export const coordinationSpec: OptionSpec<CoordinationOptions, CoordinationSettings> = optionSpec<CoordinationOptions, CoordinationSettings>(InvalidOptionError, {
  backend: backendCheck,
  options: secretOptions,
  optional: flag({ default: false }),
  id: text({ maxLength: 200 }),
  meta: accepted(isMeta, `give an object of at most ${MAX_META_LENGTH} characters of JSON`),
  timings: timingsSpec.nested()
}, ({ backend, options }) => options === undefined || typeof backend === 'string' ? undefined : { option: 'options', right: 'give it together with the name of a backend, which is made with it' })

function isBackend (given: unknown): given is CoordinatorDriver | string {
  if (typeof given === 'string') return given !== ''
  return isRecord(given) && typeof given['openSession'] === 'function' && isRecord(given['capabilities'])
}

function isMeta (given: unknown): given is { readonly [key: string]: Json } {
  if (!isRecord(given)) return false
  try {
    return JSON.stringify(given).length <= MAX_META_LENGTH
  } catch {
    return false
  }
}
