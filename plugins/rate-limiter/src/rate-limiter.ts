import { PRIORITY_RANK } from '@plimsoll/core'
import type { Coordinator, Core, Refusal, RequestScope } from '@plimsoll/core'
import { hasBurst } from './algorithms/index.ts'
import type { Verdict } from './algorithm.ts'
import { Bans } from './bans.ts'
import { addressSource } from './client-address.ts'
import { ClientList } from './client-list.ts'
import { ADDRESS, ClientKeys } from './client-keys.ts'
import type { KeySource } from './client-keys.ts'
import { InvalidPointsError } from './errors.ts'
import { writeHeaders } from './header-fields.ts'
import type { Announced } from './header-fields.ts'
import { KeyHash } from './key-hash.ts'
import type { Limit } from './limit.ts'
import type { LimitedRequest, LimitListener, RefusalReason, RefusedRequest, Standing } from './limited-request.ts'
import { Limits } from './limits.ts'
import type { RouteLimits } from './limits.ts'
import { MAX_UNITS } from './options.ts'
import type { RateLimiterSettings } from './options.ts'
import { RefusalJournal } from './refusal-journal.ts'
import { refusals } from './refusals.ts'
import { SharedKeyWatch } from './shared-key-watch.ts'
import { stand } from './standing-carrier.ts'

const COMPONENT = 'rate-limiter'
/** Clients that are banned, or on the way there, at a time. */
const MAX_BANS = 10_000

/** The rate limiter of one application: `fastify.rateLimiter`. */
export class RateLimiter {
  readonly limits: Limits
  readonly bans: Bans = new Bans(MAX_BANS)
  /** Requests of clients on the lists. */
  readonly listed: { allowed: number, denied: number } = { allowed: 0, denied: 0 }
  enabled: boolean
  dryRun: boolean
  readonly #core: Core
  readonly #settings: RateLimiterSettings
  readonly #allow: ClientList
  readonly #deny: ClientList
  readonly #journal: RefusalJournal
  readonly #refusals: Readonly<Record<RefusalReason, Refusal>>
  readonly #watch: SharedKeyWatch = new SharedKeyWatch()
  readonly #keys: ClientKeys[] = []
  readonly #address: ClientKeys
  readonly #failed: Set<string> = new Set()
  readonly #verdict: Verdict = { allowed: false, remaining: 0, retryAfterMs: 0, resetMs: 0 }
  // Whose refusal is about to be written: that happens in the turn in which it was decided.
  #refused: RefusedRequest | undefined

  /** @param secret two random numbers of 32 bits, for the fingerprints of keys */
  constructor (core: Core, settings: RateLimiterSettings, enabled: boolean, secret: readonly [number, number]) {
    const { clock, journal, root } = core
    this.#core = core
    this.#settings = settings
    this.enabled = enabled
    this.dryRun = settings.dryRun
    const address = addressSource(root)
    const ports = { hash: new KeyHash(secret), address, ipv6Prefix: settings.ipv6Prefix, known: new WeakMap<object, never>(), failed: this.#told('key') }
    const keysOf = (source: KeySource): ClientKeys => {
      const known = this.#keys.find(keys => isSameSource(keys.source, source))
      if (known !== undefined) return known
      const made = new ClientKeys(source, this.#keys.length, ports)
      this.#keys.push(made)
      return made
    }
    this.#address = keysOf('address')
    this.#allow = new ClientList(settings.allow, { addressOf: address.addressOf, failed: this.#told('allow') })
    this.#deny = new ClientList(settings.deny, { addressOf: address.addressOf, failed: this.#told('deny') })
    this.#journal = new RefusalJournal({ clock, record: event => journal.record(event) })
    this.#refusals = refusals(() => this.#refused!, settings.response, this.#told('response'))
    this.limits = new Limits(settings, { keysOf, failed: this.#told('cost') })
  }

  /** The admission check. */
  check (scope: RequestScope): Refusal | undefined {
    // Health checks must not die of their own frequency.
    if (!this.enabled || scope.priority === PRIORITY_RANK.system) return undefined
    if (this.#deny.any && this.#deny.has(scope.req)) return this.#refuseDenied(scope)
    if (this.#allow.any && this.#allow.has(scope.req)) {
      this.listed.allowed++
      return undefined
    }
    return this.#judge(scope, this.limits.of(scope.route))
  }

  /** How a client stands with a limit, without counting anything. `key` as in {@link LimitedRequest}; an address in any form. */
  peek (key: string, limit: string = 'default'): Standing {
    const named = this.#named(key, limit)
    named.peek(this.#core.clock.now(), this.#verdict)
    return standingIn(named, this.#verdict)
  }

  /** Decides on something that is no request, such as a message of a WebSocket, and counts it. */
  take (key: string, { limit = 'default', cost = 1 }: { readonly limit?: string, readonly cost?: number } = {}): Standing & { readonly allowed: boolean } {
    const named = this.#named(key, limit)
    named.takeUnits(Math.min(points(cost, 0), named.rate.burst), this.#core.clock.now(), this.#verdict)
    return { ...standingIn(named, this.#verdict), allowed: this.#verdict.allowed }
  }

  /** Counts units for a client, whether or not they fit. @throws PLM_RATE_LIMITER_INVALID_POINTS, PLM_RATE_LIMITER_UNKNOWN_LIMIT */
  penalize (key: string, units: number, limit: string = 'default'): void {
    this.#named(key, limit).charge(points(units, 1), this.#core.clock.now())
  }

  /** Gives units back to a client. */
  reward (key: string, units: number, limit: string = 'default'): void {
    this.#named(key, limit).charge(-points(units, 1), this.#core.clock.now())
  }

  /** As if the client had never come, and without a ban. */
  reset (key: string, limit: string = 'default'): void {
    const named = this.#named(key, limit)
    named.forget()
    this.bans.unban(named.keys.low, named.keys.high)
  }

  /** Refuses everything of a client with 403, in this process. `false` where so many are banned that there is no place. */
  ban (key: string, ms: number, limit: string = 'default'): boolean {
    const { keys } = this.#named(key, limit)
    const done = this.bans.ban(keys.low, keys.high, this.#core.clock.now(), points(ms, 1))
    this.#record('banned', `a client was banned for ${ms} ms by the application${done ? '' : ', but there was no place left'}`)
    return done
  }

  unban (key: string, limit: string = 'default'): void {
    const { keys } = this.#named(key, limit)
    this.bans.unban(keys.low, keys.high)
  }

  /** Changes a limit while the service runs. @throws PLM_RATE_LIMITER_INVALID_POINTS, PLM_RATE_LIMITER_UNKNOWN_LIMIT */
  setLimit (value: number, limit: string = 'default'): void {
    this.limits.named(limit).setLimit(points(value, 1))
    this.limits.announce()
  }

  setEnabled (enabled: boolean): void {
    this.enabled = enabled
  }

  /** Shares the limits that can be with the other instances. */
  join (coordinator: Coordinator): void {
    if (coordinator.mode === 'single') return
    for (const limit of this.limits.all) {
      const { name, algorithm, cluster, maxKeys } = limit.plan
      if (cluster === false) continue
      if (hasBurst(algorithm)) limit.share(coordinator.quota(`rate-limit/${name}`, { ...limit.rate, maxKeys }))
      else this.#record('counts-alone', `the limit ${name} counts in each instance by itself: ${algorithm} can't be shared; gcra, token-bucket and leaky-bucket can`)
    }
  }

  #judge (scope: RequestScope, { limits, policy }: RouteLimits): Refusal | undefined {
    const { req } = scope
    const now = scope.startedAt
    const verdict = this.#verdict
    let keys: ClientKeys | undefined
    let tightest: Limit | undefined
    let remaining = Infinity
    let resetMs = 0
    for (let i = 0; i < limits.length; i++) {
      const limit = limits[i]!
      if (limit.keys !== keys) {
        keys = limit.keys
        keys.identify(req)
        const banMs = this.bans.any ? this.bans.remainingMs(keys.low, keys.high, now) : 0
        if (banMs > 0) {
          giveBack(limits, i)
          return this.#refuse(scope, limit, 'banned', { ...verdict, remaining: 0, resetMs: banMs, retryAfterMs: banMs }, policy)
        }
      }
      limit.take(req, now, verdict)
      if (!verdict.allowed) {
        giveBack(limits, i)
        return this.#exceeded(scope, limit, now, policy)
      }
      limit.counts.allowed++
      if (verdict.remaining >= remaining) continue
      tightest = limit
      remaining = verdict.remaining
      resetMs = verdict.resetMs
    }
    if (tightest !== undefined) this.#admit(scope, tightest, remaining, resetMs, policy)
    return undefined
  }

  #admit ({ req }: RequestScope, limit: Limit, remaining: number, resetMs: number, policy: string): void {
    const { key, kind } = limit.keys
    if (kind === ADDRESS && this.#watch.observe(req, key)) this.#warnOfSharedKey(key)
    if (this.dryRun) return
    const standing: Announced = { name: limit.plan.name, limit: limit.rate.limit, remaining, resetMs, retryAfterMs: 0, label: limit.label, policy }
    stand(req, standing)
    if (this.#settings.onAllowed !== undefined) this.#tell('onAllowed', this.#settings.onAllowed, { ...standing, req, key })
  }

  #exceeded (scope: RequestScope, limit: Limit, now: number, policy: string): Refusal | undefined {
    const { keys, plan } = limit
    const before = { ...this.#verdict }
    const { onBanned } = this.#settings
    if (plan.ban !== undefined && !this.dryRun && this.bans.refused(keys.low, keys.high, now, plan.windowMs, plan.ban)) {
      this.#record('banned', `a client was banned for ${plan.ban.forMs} ms: ${plan.ban.after} of its requests were refused by the limit ${plan.name}`)
      if (onBanned !== undefined) this.#tell('onBanned', onBanned, { ...standingIn(limit, before), req: scope.req, key: keys.key })
      return this.#refuse(scope, limit, 'banned', { ...before, resetMs: plan.ban.forMs, retryAfterMs: plan.ban.forMs }, policy)
    }
    return this.#refuse(scope, limit, 'exceeded', before, policy)
  }

  #refuse (scope: RequestScope, limit: Limit, reason: 'exceeded' | 'banned', verdict: Verdict, policy: string): Refusal | undefined {
    const { counts, keys } = limit
    counts.refused++
    if (this.dryRun) counts.spared++
    if (keys.kind === ADDRESS && this.#watch.observe(scope.req, keys.key)) this.#warnOfSharedKey(keys.key)
    return this.#answer(scope, { ...standingIn(limit, verdict), label: limit.label, policy }, reason, keys)
  }

  #refuseDenied (scope: RequestScope): Refusal | undefined {
    this.listed.denied++
    this.#address.identify(scope.req)
    return this.#answer(scope, { name: 'deny', limit: 0, remaining: 0, resetMs: 0, retryAfterMs: 0 }, 'denied', this.#address)
  }

  #answer ({ req, res }: RequestScope, standing: Standing | Announced, reason: RefusalReason, { key, kind }: ClientKeys): Refusal | undefined {
    const refusal = this.#refusals[reason]
    const { name, limit, remaining, resetMs, retryAfterMs } = standing
    const refused: RefusedRequest = { req, key, name, limit, remaining, resetMs, retryAfterMs, reason, statusCode: refusal.status, retryAfter: Math.ceil(retryAfterMs / 1000) }
    this.#refused = refused
    this.#journal.refused(refused, kind === ADDRESS, this.dryRun)
    if (this.dryRun) return undefined
    if ('label' in standing && !res.headersSent) writeHeaders({ header: (name, value) => res.setHeader(name, value) }, this.#settings.headers, standing)
    if (this.#settings.onRefused !== undefined) this.#tell('onRefused', this.#settings.onRefused, refused)
    return refusal
  }

  #named (key: string, limit: string): Limit {
    const named = this.limits.named(limit)
    named.keys.name(key)
    return named
  }

  #tell (what: string, listener: LimitListener, request: LimitedRequest): void {
    try {
      listener(request)
    } catch (error) {
      this.#told(what)(error)
    }
  }

  // Once for each of them: a function that throws, throws often.
  #told (what: string): (error: unknown) => void {
    return (error) => {
      if (this.#failed.has(what)) return
      this.#failed.add(what)
      this.#core.journal.record({ component: COMPONENT, event: 'function-failed', severity: 'error', message: `the function ${what} of this application failed: ${String(error)}. ${CONSEQUENCE[what] ?? 'The request goes on'}. Told once.` })
    }
  }

  #warnOfSharedKey (key: string): void {
    const message = `All requests so far count as one client (${key}), but their forwarding headers differ: they come through a proxy, and share one limit. Set Fastify's trustProxy to the addresses of the proxy (a number of hops trusts nobody), or the option key. See trustProxy in the README.`
    process.emitWarning(message, { type: 'PlimsollWarning', code: 'PLM_RATE_LIMITER_ONE_KEY' })
    this.#record('one-key', message)
  }

  #record (event: string, message: string): void {
    this.#core.journal.record({ component: COMPONENT, event, severity: 'warning', message })
  }
}

const CONSEQUENCE: Readonly<Record<string, string>> = {
  key: 'Such requests count under their address',
  cost: 'Such requests cost 1',
  allow: 'Such requests are limited',
  deny: 'Such requests are not denied',
  response: 'Such refusals have the usual body'
}

function standingIn ({ plan, rate }: Limit, { remaining, resetMs, retryAfterMs }: Verdict): Standing {
  return { name: plan.name, limit: rate.limit, remaining, resetMs, retryAfterMs }
}

/** What the limits before the one at `end` took. */
function giveBack (limits: readonly Limit[], end: number): void {
  for (let i = 0; i < end; i++) {
    limits[i]!.giveBack()
    limits[i]!.counts.allowed--
  }
}

function points (given: number, least: number): number {
  if (!Number.isSafeInteger(given) || given < least || given > MAX_UNITS) throw new InvalidPointsError(String(given), `give a whole number from ${least} to ${MAX_UNITS}`)
  return given
}

function isSameSource (one: KeySource, other: KeySource): boolean {
  return one === other || (typeof one === 'object' && typeof other === 'object' && one.header === other.header)
}
