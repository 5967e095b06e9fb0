import { optionSpec } from '../option-spec.ts'
import type { OptionCheck, OptionFault } from '../option-spec.ts'
import { InvalidCoordinatorOption } from './errors.ts'

/** The options of one mention of a name. */
export interface Asked<R> {
  /** With the defaults of those that stayed out. */
  readonly options: Readonly<R>
  /** Those that did not. */
  readonly given: readonly (keyof R & string)[]
}

/**
 * Reads the options of an election, a queue, a capacity or a quota.
 *
 * @param kind stands before the option's name in a refusal, as in `capacity.total`
 */
export function recipeOptions<O extends object, R extends { readonly [K in keyof O]-?: unknown }> (
  kind: string,
  checks: { readonly [K in keyof R]: OptionCheck<R[K]> },
  rule?: (values: Readonly<R>) => OptionFault | undefined
): (given: O) => Asked<R> {
  const spec = optionSpec<O, R>(class extends InvalidCoordinatorOption {
    constructor (name: string, given: string, right: string) { super(`${kind}.${name}`, given, right) }
  }, checks, rule)
  return (given) => {
    const { values, sources } = spec.resolve(given)
    return { options: values, given: Object.keys(sources).filter((name): name is keyof R & string => sources[name as keyof R] === 'option') }
  }
}
