/** JSON that can be shown; values are untrusted and escaped where they are shown. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

export interface ComponentHealth {
  /** `failing` turns readiness off; `degraded` never does. */
  readonly status: 'ok' | 'degraded' | 'failing'
  /** For people, with figures; required unless `ok`. */
  readonly reason?: string
}

/** Something an operator can do. */
export interface Control {
  readonly description: string
  /** What the control governs, as it is now: journalled before and after a run, and shown. */
  get? (): Json
  /**
   * Runs the control; what it returns is shown. A bad argument is refused by throwing `ControlArgumentError`, whose one
   * argument is the message and should say what the control takes; any other error counts as the control's failure.
   */
  run (argument: Json | undefined): Json | void | Promise<Json | void>
}

/** A number that may be moved while the service runs. */
export interface Tunable {
  readonly description: string
  readonly unit: string
  readonly min: number
  readonly max: number
  get (): number
  /** `value` is inside the bounds: core has checked. */
  set (value: number): void
}

/** Pressure on memory, told to every component that can give some back. */
export type PressureLevel = 'none' | 'moderate' | 'critical'

export interface ConfigurationValue {
  readonly value: Json
  readonly source: 'default' | 'option' | 'environment' | 'control'
}

/** Everything that runs registers itself as one of these; dashboard, alerts, console and tuner know nothing else. */
export interface Component {
  /** The package's word, such as `load-shedder`. */
  readonly kind: string
  /** Unique among its kind; the kind itself where there is one. */
  readonly name: string
  /** Figures of this moment. Called at most once a second, and only while somebody looks. */
  snapshot (): { readonly [key: string]: Json }
  health (): ComponentHealth
  readonly controls?: Readonly<Record<string, Control>>
  readonly tunables?: Readonly<Record<string, Tunable>>
  /** Effective options with the source of each; secrets masked. */
  configuration? (): Readonly<Record<string, ConfigurationValue>>
  onPressure? (level: PressureLevel): void
}
