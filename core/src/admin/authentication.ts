import type { FastifyRequest } from 'fastify'
import { boundedText, messageOf } from '../bounded-json.ts'
import type { Clock } from '../clock.ts'
import type { Journal } from '../journal.ts'
import { AdminBusyError, AdminRefusedError, AdminUnauthenticatedError } from '../operator-errors.ts'
import type { AdminAuth, AdminRole, AdminUser } from './admin-options.ts'
import { readSignInCookie } from './session-cookie.ts'

/** Milliseconds after which an auth that has not answered has answered no. */
export const AUTH_TIMEOUT_MS = 5000
/** Auth calls that may be waited for at a time; above, requests are turned away. */
export const MAX_PENDING_AUTH = 100

const WARNING_INTERVAL_MS = 60_000

/** Finds out who asks, whatever the user's auth function does. */
export class Authentication {
  readonly #auth: AdminAuth
  readonly #clock: Clock
  readonly #journal: Journal
  #pending = 0
  #warnedAt: number = -Infinity
  /** Requests refused: strangers, and roles that do not suffice. */
  readonly refused: { unauthenticated: number, forbidden: number } = { unauthenticated: 0, forbidden: 0 }

  constructor ({ auth, clock, journal }: { readonly auth: AdminAuth, readonly clock: Clock, readonly journal: Journal }) {
    this.#auth = auth
    this.#clock = clock
    this.#journal = journal
  }

  /** @throws PLM_CORE_ADMIN_UNAUTHENTICATED (401), PLM_CORE_ADMIN_REFUSED (403), PLM_CORE_ADMIN_BUSY (503) */
  async authorize (request: FastifyRequest, role: AdminRole): Promise<AdminUser> {
    const user = checkedUser(await this.#ask(request))
    if (user === undefined) {
      this.refused.unauthenticated++
      throw new AdminUnauthenticatedError()
    }
    if (role === 'operator' && user.role !== 'operator') {
      this.refused.forbidden++
      throw new AdminRefusedError(`${user.user} is a viewer; this needs an operator`)
    }
    return user
  }

  async #ask (request: FastifyRequest): Promise<unknown> {
    if (this.#pending >= MAX_PENDING_AUTH) throw new AdminBusyError()
    readSignInCookie(request)
    const { promise: late, resolve } = Promise.withResolvers<undefined>()
    const timer = this.#clock.after(AUTH_TIMEOUT_MS, () => {
      this.#warn(`auth did not answer within ${AUTH_TIMEOUT_MS / 1000} s`)
      resolve(undefined)
    })
    let answer: unknown
    this.#pending++
    try {
      answer = await Promise.race([this.#auth(request), late])
    } catch (error) {
      this.#warn(`auth threw: ${messageOf(error)}`)
    }
    this.#pending--
    timer.cancel()
    return answer
  }

  #warn (message: string): void {
    if (this.#clock.now() - this.#warnedAt < WARNING_INTERVAL_MS) return
    this.#warnedAt = this.#clock.now()
    this.#journal.record({ component: 'admin', event: 'auth-failed', severity: 'warning', message: `${message}; requests are refused with 401 (said once a minute)` })
  }
}

function checkedUser (answer: unknown): AdminUser | undefined {
  if (typeof answer !== 'object' || answer === null || !('user' in answer) || !('role' in answer)) return undefined
  const { user, role } = answer
  if (typeof user !== 'string' || user === '' || (role !== 'viewer' && role !== 'operator')) return undefined
  return { user: boundedText(user, 100), role }
}
