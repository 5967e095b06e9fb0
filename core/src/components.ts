import { boundedJson, boundedRecord, boundedText, messageOf } from './bounded-json.ts'
import type { JsonBounds } from './bounded-json.ts'
import type { Clock } from './clock.ts'
import type { Component, ComponentHealth, ConfigurationValue, Control, Json, PressureLevel } from './component.ts'
import { checkComponent, MAX_CONTROLS } from './component-check.ts'
import type { Journal } from './journal.ts'
import { ControlArgumentError, ControlBusyError, ControlFailedError, ControlTimeoutError, RegistrationError, TunableBoundsError, UnknownComponentError } from './operator-errors.ts'

/** Components at a time; the next is refused. */
export const MAX_COMPONENTS = 1000
/** A control's promise is waited for this long. It may run on, and stays busy until it is over. */
export const CONTROL_TIMEOUT_MS = 30_000

const SNAPSHOT_AGE_MS = 1000
const SNAPSHOT_BOUNDS = { depth: 8, values: 5000, text: 1000 } as const
/** What a control's argument may hold. */
export const ARGUMENT_BOUNDS: JsonBounds = { depth: 8, values: 1000, text: 4000 }
const MAX_USER_LENGTH = 100

/** A component as everybody may see it. */
export interface ComponentView {
  readonly kind: string
  readonly name: string
  readonly health: ComponentHealth
  readonly snapshot: { readonly [key: string]: Json }
  readonly configuration: Readonly<Record<string, ConfigurationValue>>
  readonly controls: Readonly<Record<string, { readonly description: string, readonly value?: Json }>>
  readonly tunables: Readonly<Record<string, { readonly description: string, readonly unit: string, readonly min: number, readonly max: number, readonly value: number }>>
}

interface Registered {
  readonly component: Component
  readonly running: Set<string>
  snapshot: { readonly [key: string]: Json }
  snapshotAt: number
}

/** Everything that runs, by kind and name. A component whose functions throw harms nobody, and shows as such. */
export class Components {
  readonly #clock: Clock
  readonly #journal: Journal
  readonly #registered: Map<string, Registered> = new Map()

  constructor ({ clock, journal }: { readonly clock: Clock, readonly journal: Journal }) {
    this.#clock = clock
    this.#journal = journal
  }

  /**
   * Returns the way out.
   * @throws PLM_CORE_REGISTRATION_INVALID for a bad shape, a name that is taken, or one component too many
   */
  register (component: Component): () => void {
    checkComponent(component)
    const key = keyOf(component.kind, component.name)
    if (this.#registered.has(key)) throw new RegistrationError(`a component ${labelOf(component)} exists already; give this one a name of its own`)
    if (this.#registered.size >= MAX_COMPONENTS) throw new RegistrationError(`${labelOf(component)} would be component number ${MAX_COMPONENTS + 1} of at most ${MAX_COMPONENTS}; are components made per request?`)
    const registered: Registered = { component, running: new Set(), snapshot: {}, snapshotAt: -Infinity }
    this.#registered.set(key, registered)
    return () => { if (this.#registered.get(key) === registered) this.#registered.delete(key) }
  }

  /** In the order of registration. */
  list (): readonly Component[] {
    return Array.from(this.#registered.values(), ({ component }) => component)
  }

  get (kind: string, name: string): Component | undefined {
    return this.#registered.get(keyOf(kind, name))?.component
  }

  /** Health of a registered component: one that throws is `degraded`, since its bug must not take every instance out of service. */
  healthOf (component: Component): ComponentHealth {
    try {
      const { status, reason } = component.health()
      if (status !== 'ok' && status !== 'degraded' && status !== 'failing') return { status: 'degraded', reason: `health() gave the status ${boundedText(status, 50)}` }
      return reason === undefined ? { status } : { status, reason: boundedText(reason, 500) }
    } catch (error) {
      return { status: 'degraded', reason: boundedText(`health() threw: ${messageOf(error)}`, 500) }
    }
  }

  /** Snapshot, asked of the component at most once a second; `{ error }` where it throws. */
  snapshotOf (kind: string, name: string): { readonly [key: string]: Json } {
    const registered = this.#find(kind, name)
    const now = this.#clock.now()
    if (now - registered.snapshotAt >= SNAPSHOT_AGE_MS) {
      registered.snapshotAt = now
      registered.snapshot = readRecord('snapshot', () => registered.component.snapshot())
    }
    return registered.snapshot
  }

  /** @throws PLM_CORE_UNKNOWN_COMPONENT */
  view (kind: string, name: string): ComponentView {
    const { component } = this.#find(kind, name)
    return {
      kind,
      name,
      health: this.healthOf(component),
      snapshot: this.snapshotOf(kind, name),
      configuration: readConfiguration(component),
      controls: mapOwn(component.controls, (control) => ({ description: control.description, ...(control.get && { value: readValue(control) }) })),
      tunables: mapOwn(component.tunables, ({ description, unit, min, max, get }, tunable) => ({ description, unit, min, max, value: readNumber(() => get.call(tunable)) }))
    }
  }

  /**
   * Runs a control for `user`, with a journal entry that says who, what, before and after.
   * @throws PLM_CORE_UNKNOWN_COMPONENT, PLM_CORE_CONTROL_BUSY (the last run is not over), PLM_CORE_CONTROL_TIMEOUT,
   *   PLM_CORE_CONTROL_FAILED, or the control's own coded error
   */
  async runControl ({ kind, name, control: controlName, argument, user }: { readonly kind: string, readonly name: string, readonly control: string, readonly argument?: Json | undefined, readonly user: string }): Promise<Json> {
    const { component, running } = this.#find(kind, name)
    const control = ownOf(component.controls, controlName)
    if (control === undefined) throw new UnknownComponentError(`${labelOf(component)} has no control ${boundedText(controlName, 64)}`)
    if (running.has(controlName)) throw new ControlBusyError(`control ${controlName} of ${labelOf(component)} is running already`)
    running.add(controlName)
    const before = readValue(control)
    const given = boundedJson(argument, ARGUMENT_BOUNDS)
    const data = { control: controlName, user: boundedText(user, MAX_USER_LENGTH), argument: given, before }
    const run = runOf(control, argument).finally(() => running.delete(controlName))
    try {
      const result = boundedJson(await this.#withTimeout(run, `control ${controlName} of ${labelOf(component)}`), SNAPSHOT_BOUNDS)
      this.#journal.record({ component: labelOf(component), event: 'control-run', message: `${data.user} ran ${controlName}`, data: { ...data, after: readValue(control), result } })
      return result
    } catch (error) {
      const reason = messageOf(error)
      this.#journal.record({ component: labelOf(component), event: 'control-failed', severity: 'warning', message: `${data.user} ran ${controlName}: ${reason}`, data: { ...data, after: readValue(control) } })
      throw codedOr(error, () => new ControlFailedError(`control ${controlName} of ${labelOf(component)} failed: ${reason}`))
    }
  }

  /**
   * Moves a tunable for `user`, inside its bounds, with a journal entry. Returns the value in force.
   * @throws PLM_CORE_UNKNOWN_COMPONENT, PLM_CORE_TUNABLE_BOUNDS, PLM_CORE_CONTROL_FAILED, or the tunable's own coded error
   */
  setTunable ({ kind, name, tunable: tunableName, value, user }: { readonly kind: string, readonly name: string, readonly tunable: string, readonly value: unknown, readonly user: string }): number {
    const { component } = this.#find(kind, name)
    const tunable = ownOf(component.tunables, tunableName)
    if (tunable === undefined) throw new UnknownComponentError(`${labelOf(component)} has no tunable ${boundedText(tunableName, 64)}`)
    if (typeof value !== 'number' || !(value >= tunable.min && value <= tunable.max)) {
      throw new TunableBoundsError(`${tunableName} of ${labelOf(component)} takes a number from ${tunable.min} to ${tunable.max} (${tunable.unit}), not ${boundedText(String(boundedJson(value, ARGUMENT_BOUNDS)), 64)}`)
    }
    const before = readNumber(() => tunable.get())
    const by = boundedText(user, MAX_USER_LENGTH)
    try {
      tunable.set(value)
    } catch (error) {
      const reason = messageOf(error)
      this.#journal.record({ component: labelOf(component), event: 'tunable-refused', severity: 'warning', message: `${by} set ${tunableName} to ${value}: ${reason}`, data: { tunable: tunableName, user: by, before, asked: value } })
      throw codedOr(error, () => new ControlFailedError(`${tunableName} of ${labelOf(component)} could not be set to ${value}: ${reason}`))
    }
    const after = readNumber(() => tunable.get())
    this.#journal.record({ component: labelOf(component), event: 'tunable-set', message: `${by} set ${tunableName} from ${before} to ${after} ${tunable.unit}`, data: { tunable: tunableName, user: by, before, after, asked: value } })
    return after
  }

  /** Tells every component that can give memory back. */
  pressure (level: PressureLevel): void {
    for (const { component } of this.#registered.values()) {
      try {
        component.onPressure?.(level)
      } catch (error) {
        this.#journal.record({ component: labelOf(component), event: 'pressure-failed', severity: 'warning', message: `onPressure('${level}') threw: ${messageOf(error)}` })
      }
    }
  }

  #find (kind: string, name: string): Registered {
    const registered = this.#registered.get(keyOf(kind, name))
    if (registered === undefined) throw new UnknownComponentError(`there is no component ${boundedText(kind, 64)}/${boundedText(name, 100)}`)
    return registered
  }

  async #withTimeout (run: Promise<unknown>, what: string): Promise<unknown> {
    const late = Promise.withResolvers<never>()
    const timer = this.#clock.after(CONTROL_TIMEOUT_MS, () => late.reject(new ControlTimeoutError(`${what} is not over after ${CONTROL_TIMEOUT_MS / 1000} s; it may still take effect`)))
    try {
      return await Promise.race([run, late.promise])
    } finally {
      timer.cancel()
    }
  }
}

/** A control named `enabled` that takes `true` or `false`: the live switch that every plugin offers where it can. */
export function enabledControl ({ get, set }: { get (): boolean, set (enabled: boolean): void }): Control {
  return {
    description: 'Switches the component on (true) or off (false) until the process ends',
    get,
    run (argument) {
      if (typeof argument !== 'boolean') throw new ControlArgumentError(`enabled takes true or false, not ${typeof argument}`)
      set(argument)
      return get()
    }
  }
}

/** `kind`, or `kind/name` where there can be more than one: the journal's way of naming a component. */
export function labelOf ({ kind, name }: { readonly kind: string, readonly name: string }): string {
  return kind === name ? kind : `${kind}/${name}`
}

// A kind has no slash, so the pair is unambiguous.
function keyOf (kind: string, name: string): string { return `${kind}/${name}` }

// Names come from requests: only own properties count, or `constructor` would be a control.
function ownOf<T> (table: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined
}

function mapOwn<T, V> (table: Readonly<Record<string, T>> | undefined, view: (value: T, same: T) => V): Record<string, V> {
  return Object.fromEntries(Object.entries(table ?? {}).slice(0, MAX_CONTROLS).map(([name, value]) => [name, view(value, value)]))
}

// Synchronous throws become rejections.
async function runOf (control: Control, argument: Json | undefined): Promise<unknown> {
  return await control.run(argument)
}

function readRecord (what: string, read: () => unknown): { readonly [key: string]: Json } {
  try {
    return boundedRecord(read(), SNAPSHOT_BOUNDS)
  } catch (error) {
    return { error: boundedText(`${what}() threw: ${messageOf(error)}`, 500) }
  }
}

function readValue (control: Control): Json {
  try {
    return boundedJson(control.get?.(), ARGUMENT_BOUNDS)
  } catch (error) {
    return boundedText(`get() threw: ${messageOf(error)}`, 500)
  }
}

function readNumber (read: () => number): number {
  try {
    return read()
  } catch {
    return NaN
  }
}

function readConfiguration (component: Component): Readonly<Record<string, ConfigurationValue>> {
  try {
    const configuration = component.configuration?.() ?? {}
    return Object.fromEntries(Object.entries(configuration).slice(0, 200).map(([name, { value, source }]) => [boundedText(name, 100), { value: boundedJson(value, ARGUMENT_BOUNDS), source }]))
  } catch (error) {
    return { error: { value: boundedText(`configuration() threw: ${messageOf(error)}`, 500), source: 'default' } }
  }
}

// The component's own coded error says it better than we can.
function codedOr (error: unknown, make: () => Error): unknown {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('PLM_') ? error : make()
}
