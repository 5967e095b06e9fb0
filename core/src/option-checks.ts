import { shownBy } from './option-spec.ts'
import type { OptionCheck, OptionSpec } from './option-spec.ts'

interface Range { readonly min?: number, readonly max?: number }

function range ({ min = -Infinity, max = Infinity }: Range): string {
  if (min === -Infinity) return max === Infinity ? '' : ` of at most ${max}`
  return max === Infinity ? ` of at least ${min}` : ` from ${min} to ${max}`
}

function numeric (rule: Range, what: string, fits: (value: number) => boolean, fallback: number | undefined): OptionCheck<number | undefined> {
  const { min = -Infinity, max = Infinity } = rule
  return {
    read (given, path, refuse) {
      if (given === undefined) return fallback
      if (typeof given !== 'number' || !fits(given) || given < min || given > max) return refuse(path, given, `give ${what}${range(rule)}`)
      return given
    }
  }
}

/** A whole number. Without `default` the option may stay out. */
export function integer (rule: Range & { readonly default: number }): OptionCheck<number>
export function integer (rule?: Range): OptionCheck<number | undefined>
export function integer (rule: Range & { readonly default?: number } = {}): OptionCheck<number | undefined> {
  return numeric(rule, 'a whole number', Number.isSafeInteger, rule.default)
}

/** A finite number. */
export function number (rule: Range & { readonly default: number }): OptionCheck<number>
export function number (rule?: Range): OptionCheck<number | undefined>
export function number (rule: Range & { readonly default?: number } = {}): OptionCheck<number | undefined> {
  return numeric(rule, 'a number', Number.isFinite, rule.default)
}

/** `true` or `false`. */
export function flag (rule: { readonly default: boolean }): OptionCheck<boolean> {
  return {
    read (given, path, refuse) {
      if (given === undefined) return rule.default
      return typeof given === 'boolean' ? given : refuse(path, given, 'give true or false')
    }
  }
}

interface TextRule { readonly maxLength?: number, readonly secret?: boolean }

/** A string that is not empty; `secret` masks it wherever the configuration is shown. */
export function text (rule: TextRule & { readonly default: string }): OptionCheck<string>
export function text (rule?: TextRule): OptionCheck<string | undefined>
export function text (rule: TextRule & { readonly default?: string } = {}): OptionCheck<string | undefined> {
  const { maxLength = 1_000, secret = false } = rule
  return {
    ...(secret && { show: () => '***' }),
    read (given, path, refuse) {
      if (given === undefined) return rule.default
      if (typeof given === 'string' && given !== '' && given.length <= maxLength) return given
      return refuse(path, secret ? '(secret)' : given, `give a string of 1 to ${maxLength} characters`)
    }
  }
}

/** One of the given words. */
export function oneOf<const W extends string> (words: readonly W[], rule: { readonly default: NoInfer<W> }): OptionCheck<W>
export function oneOf<const W extends string> (words: readonly W[]): OptionCheck<W | undefined>
export function oneOf<const W extends string> (words: readonly W[], rule?: { readonly default: NoInfer<W> }): OptionCheck<W | undefined> {
  return {
    read (given, path, refuse) {
      if (given === undefined) return rule?.default
      return words.find(word => word === given) ?? refuse(path, given, `give one of ${words.join(', ')}`)
    }
  }
}

/** Anything that `fits` accepts, such as a function; `right` says what would be right. */
export function accepted<T> (fits: (given: unknown) => given is T, right: string): OptionCheck<T | undefined>
export function accepted<T> (fits: (given: unknown) => given is T, right: string, rule: { readonly default: T }): OptionCheck<T>
export function accepted<T> (fits: (given: unknown) => given is T, right: string, rule?: { readonly default: T }): OptionCheck<T | undefined> {
  return {
    read (given, path, refuse) {
      if (given === undefined) return rule?.default
      return fits(given) ? given : refuse(path, given, right)
    }
  }
}

/** A list of at most `maxLength` items, each read by `item`; empty where it is left out. */
export function listOf<T> (item: OptionCheck<T>, rule: { readonly maxLength: number }): OptionCheck<readonly T[]> {
  return {
    show: (value) => value.map(one => shownBy(item, one)),
    read (given, path, refuse) {
      if (given === undefined) return []
      if (!Array.isArray(given) || given.length > rule.maxLength) return refuse(path, given, `give an array of at most ${rule.maxLength}`)
      return Object.freeze(given.map((one, index) => item.read(one, `${path}[${index}]`, refuse)))
    }
  }
}

/** An object of string values, of at most 50 names, such as static headers; empty where it is left out. */
export function stringMap (): OptionCheck<Readonly<Record<string, string>>> {
  return {
    read (given, path, refuse) {
      if (given === undefined) return {}
      const right = 'give an object of at most 50 strings'
      if (typeof given !== 'object' || given === null || Array.isArray(given)) return refuse(path, given, right)
      const entries = Object.entries(given)
      if (entries.length > 50) return refuse(path, given, right)
      for (const [name, value] of entries) {
        if (typeof value !== 'string') return refuse(`${path}.${name}`, value, 'give a string')
      }
      return Object.freeze({ ...given })
    }
  }
}

/** An option that may not stay out. */
export function required<T> (check: OptionCheck<T | undefined>): OptionCheck<T> {
  return {
    ...check,
    read: (given, path, refuse) => check.read(given, path, refuse) ?? refuse(path, given, 'it is needed')
  }
}

/** An object with a spec of its own that may stay out. */
export function optional<O extends object, R extends { readonly [K in keyof O]-?: unknown }> (spec: OptionSpec<O, R>): OptionCheck<Readonly<R> | undefined> {
  const inner = spec.nested()
  return { ...inner, read: (given, path, refuse) => given === undefined ? undefined : inner.read(given, path, refuse) }
}

/**
 * Whether a plugin is to run: the environment variable `PLIMSOLL_DISABLE=name,name` wins over the option `enabled`.
 *
 * @param name the component's kind, such as `load-shedder`
 */
export function isEnabled (name: string, option: boolean, environment: NodeJS.ProcessEnv = process.env): boolean {
  const disabled = environment['PLIMSOLL_DISABLE'] ?? ''
  return option && !disabled.split(',').some(one => one.trim() === name)
}
