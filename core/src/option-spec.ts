import type { ConfigurationValue, Json } from './component.ts'

/** Made with `@fastify/error`, its message using three `%s`: the option's name, what was given, what would be right. */
export type InvalidOptionConstructor = new (name: string, given: string, right: string) => Error

type Refuse = (path: string, given: unknown, right: string) => never

/** Reads one option: `undefined` becomes the default, anything unfit is refused. */
export interface OptionCheck<T> {
  read (given: unknown, path: string, refuse: Refuse): T
  /** What {@link OptionSpec.configuration} shows for a value that was read; the value itself where this stays out. */
  show? (value: Exclude<T, undefined>): Json
}

/** `T` with every option filled in; where an option may stay out, give the resolved type yourself. */
export type Resolved<O> = { readonly [K in keyof O]-?: Exclude<O[K], undefined> }

export interface ResolvedOptions<R> {
  /** Frozen; every default filled in. */
  readonly values: Readonly<R>
  readonly sources: { readonly [K in keyof R]: ConfigurationValue['source'] }
}

/** What Fastify itself reads from the options of `register()`. */
const FASTIFY_OPTIONS = new Set(['prefix', 'logLevel', 'logSerializers'])

/** A plugin's options, declared once: resolved, refused and shown from the same declaration. */
export class OptionSpec<O extends object, R extends { readonly [K in keyof O]-?: unknown }> {
  readonly #InvalidOption: InvalidOptionConstructor
  readonly #checks: ReadonlyMap<string, OptionCheck<unknown>>
  readonly #rule: ((values: Readonly<R>) => OptionFault | undefined) | undefined

  constructor (
    InvalidOption: InvalidOptionConstructor,
    checks: { readonly [K in keyof R]: OptionCheck<R[K]> },
    rule?: (values: Readonly<R>) => OptionFault | undefined
  ) {
    this.#InvalidOption = InvalidOption
    this.#checks = new Map(Object.entries<OptionCheck<unknown>>(checks))
    this.#rule = rule
  }

  /**
   * Checks `given` and fills in the defaults; never changes `given`. Names that Fastify reads itself are let pass.
   *
   * @throws the package's invalid-option error, naming the option, what was given, and what would be right
   */
  resolve (given: O | undefined): ResolvedOptions<R> {
    const refuse: Refuse = (path, value, right) => { throw new this.#InvalidOption(path, describe(value), right) }
    const { values, sources } = this.#read(given, '', refuse)
    return { values, sources }
  }

  /** As {@link resolve}, as an option of an outer spec. */
  nested (): OptionCheck<Readonly<R>> {
    return {
      read: (given, path, refuse) => this.#read(given, `${path}.`, refuse).values,
      show: (value) => this.#show(value)
    }
  }

  /** Effective options with the source of each, secrets masked. `overrides` are values that a control has set since. */
  configuration (resolved: ResolvedOptions<R>, overrides: { readonly [name: string]: Json } = {}): Record<string, ConfigurationValue> {
    const shown = this.#show(resolved.values)
    return Object.fromEntries(Object.entries<ConfigurationValue['source']>(resolved.sources).map(([name, source]) => {
      const override = overrides[name]
      return [name, override === undefined ? { value: shown[name] ?? null, source } : { value: override, source: 'control' }]
    }))
  }

  #show (values: object): Record<string, Json> {
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, shownBy(this.#checks.get(name), value)]))
  }

  #read (given: unknown, prefix: string, refuse: Refuse): ResolvedOptions<R> {
    if (given !== undefined && !isRecord(given)) refuse(prefix.slice(0, -1) || 'options', given, 'give an object')
    const record = given ?? {}
    for (const name of Object.keys(record)) {
      if (!this.#checks.has(name) && !(prefix === '' && FASTIFY_OPTIONS.has(name))) {
        refuse(prefix + name, record[name], `there is no such option${this.#suggestion(name)}`)
      }
    }
    const values: Record<string, unknown> = {}
    const sources: Record<string, ConfigurationValue['source']> = {}
    for (const [name, check] of this.#checks) {
      const value = Object.hasOwn(record, name) ? record[name] : undefined
      values[name] = check.read(value, prefix + name, refuse)
      sources[name] = value === undefined ? 'default' : 'option'
    }
    // The checks are typed key by key against R, and each key was read by its own check.
    const resolved = Object.freeze(values) as Readonly<R>
    const fault = this.#rule?.(resolved)
    if (fault !== undefined) refuse(prefix + fault.option, givenOrDefault(record[fault.option], values[fault.option]), fault.right)
    return { values: resolved, sources: Object.freeze(sources) as ResolvedOptions<R>['sources'] }
  }

  #suggestion (name: string): string {
    let best = 3
    let suggestion = ''
    for (const known of this.#checks.keys()) {
      const distance = editDistance(name.toLowerCase(), known.toLowerCase())
      if (distance < best) {
        best = distance
        suggestion = known
      }
    }
    return suggestion === '' ? `; there are ${[...this.#checks.keys()].join(', ')}` : `; did you mean ${suggestion}?`
  }
}

/** What a rule across options finds wrong. */
export interface OptionFault {
  /** The option that is named, with the value it has. */
  readonly option: string
  /** What would be right. */
  readonly right: string
}

export function optionSpec<O extends object, R extends { readonly [K in keyof O]-?: unknown } = Resolved<O>> (
  InvalidOption: InvalidOptionConstructor,
  checks: { readonly [K in keyof R]: OptionCheck<R[K]> },
  rule?: (values: Readonly<R>) => OptionFault | undefined
): OptionSpec<O, R> {
  return new OptionSpec<O, R>(InvalidOption, checks, rule)
}

/** For a message: an empty list or object that stands in for what was left out would look as if somebody had given it. */
function givenOrDefault (given: unknown, value: unknown): unknown {
  return given === undefined && typeof value === 'object' ? undefined : value
}

function isRecord (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value in an error message: short, and never the text of a long string. */
export function describe (value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  if (typeof value === 'function') return 'a function'
  return String(value)
}

/** As `check` wants it shown. */
export function shownBy (check: OptionCheck<unknown> | undefined, value: unknown): Json {
  return value === undefined || check?.show === undefined ? toJson(value) : check.show(value)
}

function toJson (value: unknown): Json {
  if (value === undefined || value === null) return null
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toJson(inner)]))
  return describe(value)
}

/** Levenshtein distance, one row at a time. */
function editDistance (a: string, b: string): number {
  let row = [0, ...[...b].map((_, index) => index + 1)]
  let distance = b.length
  for (const [index, letter] of [...a].entries()) {
    let diagonal = index
    row = row.map((above, column) => {
      distance = column === 0
        ? index + 1
        : Math.min(above + 1, distance + 1, diagonal + (letter === b[column - 1] ? 0 : 1))
      diagonal = above
      return distance
    })
  }
  return distance
}
