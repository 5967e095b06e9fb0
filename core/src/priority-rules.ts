import { addressRange, AddressSet } from './address-set.ts'
import { InvalidOptionError } from './errors.ts'
import { listOf, oneOf, optional, text } from './option-checks.ts'
import { optionSpec } from './option-spec.ts'
import type { OptionCheck, OptionSpec } from './option-spec.ts'
import { PathPattern, requestPath } from './path-pattern.ts'
import type { PathComparison } from './path-pattern.ts'
import { PRIORITIES, PRIORITY_RANK } from './priority.ts'
import type { Priority, PriorityRank } from './priority.ts'
import type { RawRequest } from './raw.ts'

/**
 * Gives a class to the requests that meet all of its conditions; it needs at least one.
 *
 * **Most specific first**: the rule with more conditions; of those, one with an exact path, then the one with the longer
 * path; then the one with the longer address prefix; then the one that was declared first.
 */
export interface PriorityRule {
  readonly priority: Priority
  /** Such as `POST`. */
  readonly method?: string
  /** Path without query, compared as the application's router does: `/cart`, `/items/:id` (one segment), `/api/*` (the rest). */
  readonly path?: string
  /** A header that is there, or that has exactly this value. */
  readonly header?: { readonly name: string, readonly value?: string }
  /** Part of the user agent, in upper or lower case. */
  readonly userAgent?: string
  /** Addresses and ranges of the connection's other end: `10.0.0.7`, `fd00::/8`. Behind a proxy that is the proxy. */
  readonly addresses?: readonly string[]
}

/** Rules at most: each may be asked for every request. */
const MAX_PRIORITY_RULES = 100

interface HeaderSettings {
  readonly name: string
  readonly value: string | undefined
}

/** A {@link PriorityRule} whose options were read. */
export interface Conditions {
  readonly priority: Priority
  readonly method: string | undefined
  readonly path: string | undefined
  readonly header: HeaderSettings | undefined
  readonly userAgent: string | undefined
  readonly addresses: readonly string[]
}

const headerSpec: OptionSpec<NonNullable<PriorityRule['header']>, HeaderSettings> = optionSpec<NonNullable<PriorityRule['header']>, HeaderSettings>(InvalidOptionError, {
  name: required(text({ maxLength: 100 })),
  value: text()
})

const ruleSpec: OptionSpec<PriorityRule, Conditions> = optionSpec<PriorityRule, Conditions>(InvalidOptionError, {
  priority: required(oneOf(PRIORITIES)),
  method: text({ maxLength: 30 }),
  path: text(),
  header: optional(headerSpec),
  userAgent: text(),
  addresses: listOf(addressRange, { maxLength: 1_000 })
}, ({ priority, addresses, ...conditions }) => {
  if (conditions.path !== undefined && !conditions.path.startsWith('/')) return { option: 'path', right: 'begin it with /' }
  const some = addresses.length > 0 || Object.values(conditions).some(condition => condition !== undefined)
  return some ? undefined : { option: 'priority', right: 'add a condition: method, path, header, userAgent or addresses' }
})

export const priorityRules: OptionCheck<readonly Conditions[]> = listOf<Conditions>(ruleSpec.nested(), { maxLength: MAX_PRIORITY_RULES })

function required<T> (check: OptionCheck<T | undefined>): OptionCheck<T> {
  return {
    read: (given, path, refuse) => check.read(given, path, refuse) ?? refuse(path, given, 'it is needed')
  }
}

/** What a rule asks of a request. */
interface Rule {
  readonly rank: PriorityRank
  readonly method: string | undefined
  readonly path: PathPattern | undefined
  readonly header: HeaderSettings | undefined
  readonly userAgent: string | undefined
  readonly addresses: AddressSet | undefined
  readonly conditions: number
}

/** Declared rules, in the order in which they are asked. */
export class PriorityRules {
  readonly #rules: readonly Rule[]
  readonly #comparison: PathComparison
  readonly #withPath: boolean

  /** `comparison` is the application's `routerOptions`. */
  constructor (declared: readonly Conditions[], comparison: PathComparison) {
    this.#comparison = comparison
    this.#rules = declared.map(conditions => ruleOf(conditions, comparison)).sort(bySpecificity)
    this.#withPath = this.#rules.some(({ path }) => path !== undefined)
  }

  /** Rank of the most specific rule that `req` meets. */
  rankOf (req: RawRequest): PriorityRank | undefined {
    if (this.#rules.length === 0) return undefined
    const path = this.#withPath ? requestPath(String(req.url), this.#comparison) : ''
    for (const rule of this.#rules) {
      if (meets(req, path, rule)) return rule.rank
    }
    return undefined
  }
}

function ruleOf ({ priority, method, path, header, userAgent, addresses }: Conditions, comparison: PathComparison): Rule {
  return {
    rank: PRIORITY_RANK[priority],
    method: method?.toUpperCase(),
    path: path === undefined ? undefined : new PathPattern(path, comparison),
    header: header === undefined ? undefined : { name: header.name.toLowerCase(), value: header.value },
    userAgent: userAgent?.toLowerCase(),
    addresses: addresses.length === 0 ? undefined : new AddressSet(addresses),
    conditions: [method, path, header, userAgent].filter(condition => condition !== undefined).length + Math.min(1, addresses.length)
  }
}

/** Stable: what is equally specific keeps the order of its declaration. */
function bySpecificity (a: Rule, b: Rule): number {
  return b.conditions - a.conditions ||
    Number(b.path?.exact === true) - Number(a.path?.exact === true) ||
    (b.path?.literalLength ?? 0) - (a.path?.literalLength ?? 0) ||
    (b.addresses?.specificity ?? 0) - (a.addresses?.specificity ?? 0)
}

function meets (req: RawRequest, path: string, rule: Rule): boolean {
  if (rule.method !== undefined && rule.method !== req.method) return false
  if (rule.path !== undefined && !rule.path.matches(path)) return false
  if (rule.header !== undefined) {
    const given = req.headers[rule.header.name]
    if (given === undefined || (rule.header.value !== undefined && rule.header.value !== given)) return false
  }
  if (rule.userAgent !== undefined && !(req.headers['user-agent'] ?? '').toLowerCase().includes(rule.userAgent)) return false
  return rule.addresses === undefined || rule.addresses.has(req.socket?.remoteAddress)
}
