import { describe } from '../option-spec.ts'
import { OptionsDiffer, TooManyNames } from './errors.ts'
import type { Asked } from './recipe-options.ts'

/** Names of a kind at a time. */
const MAX_NAMES = 1_000

interface Made<T, G, R> {
  readonly one: T
  readonly given: G
  readonly options: Readonly<R>
}

/** What a coordinator makes at the first mention of a name, and finds again at every later one. */
export class Named<T, G extends object, R extends object> {
  readonly #kind: string
  readonly #read: (given: G) => Asked<R>
  readonly #made = new Map<string, Made<T, G, R>>()

  /** @param kind the word for messages, such as `election` */
  constructor (kind: string, read: (given: G) => Asked<R>) {
    this.#kind = kind
    this.#read = read
  }

  * [Symbol.iterator] (): IterableIterator<T> {
    for (const { one } of this.#made.values()) yield one
  }

  /**
   * The one of this name. An option that stays out at a later mention asks for nothing.
   *
   * @throws OptionsDiffer where it was made with others; TooManyNames; what reading the options throws
   */
  obtain (name: string, given: G, make: (options: Readonly<R>) => T): T {
    const made = this.#made.get(name)
    // A handler mentions it with the same options for every request.
    if (made !== undefined && asksForNothingElse(given, made.given)) return made.one
    const asked = this.#read(given)
    if (made !== undefined) {
      this.#compare(name, made.options, asked)
      return made.one
    }
    if (this.#made.size >= MAX_NAMES) throw new TooManyNames(this.#kind, describe(name), MAX_NAMES + 1, MAX_NAMES)
    const one = make(asked.options)
    this.#made.set(name, { one, given: { ...given }, options: asked.options })
    return one
  }

  #compare (name: string, has: Readonly<R>, { options, given }: Asked<R>): void {
    const other = given.find((option) => JSON.stringify(has[option]) !== JSON.stringify(options[option]))
    if (other !== undefined) throw new OptionsDiffer(this.#kind, describe(name), other, JSON.stringify(has[other]), JSON.stringify(options[other]))
  }
}

function asksForNothingElse (given: object, before: object): boolean {
  for (const option in given) if (Reflect.get(given, option) !== Reflect.get(before, option)) return false
  return true
}
