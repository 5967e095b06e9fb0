import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema, RouteOptions } from 'fastify'
import { messageOf } from '../bounded-json.ts'
import type { Clock } from '../clock.ts'
import type { Json } from '../component.ts'
import type { Journal } from '../journal.ts'
import { AdminAuthRequiredError, RegistrationError } from '../operator-errors.ts'
import type { Priority } from '../priority.ts'
import { AdminListener } from './admin-listener.ts'
import type { AdminRole, AdminSettings, AdminUser } from './admin-options.ts'
import { DEFAULT_PREFIX } from './admin-options.ts'
import { AdminPage } from './admin-page.ts'
import { Authentication } from './authentication.ts'
import { checkSameOrigin } from './same-origin.ts'
import { secure, secureHeaders } from './secure-headers.ts'

/** An operator's endpoint. */
export interface AdminRoute {
  /** A GET answers HEAD as well. A POST needs the header `x-plimsoll-request`. */
  readonly method: 'GET' | 'POST'
  /** Path below the prefix, such as `/profiles/:id`. */
  readonly url: string
  /** Who may ask; `public` is everybody, without auth, unless the option `publicHealth` is off. */
  readonly role: AdminRole | 'public'
  /** As a Fastify handler; `user` says who asks. */
  handler (request: FastifyRequest, reply: FastifyReply, user: AdminUser): unknown
  /** JSON schemas of the answer and of what is sent, for readers and tools. Not compiled: the handler checks. */
  readonly schema?: { readonly [part: string]: Json }
  /** Response headers in place of the strict ones, such as a page's `content-security-policy`. */
  readonly headers?: Readonly<Record<string, string>>
  /**
   * A page for people, with a path that ends with a slash. Strangers with a browser get a page to sign in (401), and the
   * path without the slash redirects, so that a page's relative URLs hold wherever it is.
   */
  readonly page?: boolean
  /** The handler answers with a long stream, by `reply.hijack()`: the strict headers are on the reply before it is called. */
  readonly stream?: boolean
  /** Bytes. @default 16384 */
  readonly bodyLimit?: number
  /** Under load: operators are needed most while the service sheds, and have to reach the control that ends it. @default 'critical' */
  readonly priority?: Priority
}

interface Opened {
  /** The application, or the listener's own. */
  readonly instance: FastifyInstance
  readonly prefix: string
  readonly authentication: Authentication
  readonly publicHealth: boolean
}

/** Routes in all. */
export const MAX_ADMIN_ROUTES = 200

const NOBODY: AdminUser = Object.freeze({ user: 'anonymous', role: 'viewer' })
const DEVELOPER: AdminUser = Object.freeze({ user: 'developer', role: 'operator' })
const URL_PATTERN = /^\/[A-Za-z0-9_\-./:*]*$/

/**
 * The one place for what operators use. Every route passes through {@link AdminSurface.route}, which puts auth in front
 * of it: there is no other way in.
 */
export class AdminSurface {
  readonly #root: FastifyInstance
  readonly #clock: Clock
  readonly #journal: Journal
  readonly #environment: string | undefined
  readonly #routes: Map<string, AdminRoute> = new Map()
  readonly #users: WeakMap<FastifyRequest, AdminUser> = new WeakMap()
  #listener: AdminListener | undefined
  #opened: Opened | undefined

  /** `environment`: NODE_ENV. */
  constructor ({ root, clock, journal, environment = process.env['NODE_ENV'] }: {
    readonly root: FastifyInstance
    readonly clock: Clock
    readonly journal: Journal
    readonly environment?: string | undefined
  }) {
    this.#root = root
    this.#clock = clock
    this.#journal = journal
    this.#environment = environment
  }

  /** Whether an `admin` option was given. */
  get isOpen (): boolean { return this.#opened !== undefined }

  /** Path under which the routes are; '' on a listener of its own. */
  get prefix (): string | undefined { return this.#opened?.prefix }

  /** `http://host:port` of the own listener while it listens. */
  get address (): string | undefined { return this.#listener?.address }

  get routes (): readonly AdminRoute[] { return [...this.#routes.values()] }

  /** Requests refused so far. */
  get refused (): Readonly<Authentication['refused']> { return this.#opened?.authentication.refused ?? { unauthenticated: 0, forbidden: 0 } }

  /**
   * Adds an endpoint; before or after {@link open}, until the application is ready. Without an `admin` option it is
   * kept and nothing comes of it.
   * @throws PLM_CORE_REGISTRATION_INVALID for a bad or taken path, or one route too many
   */
  route (route: AdminRoute): void {
    const key = `${route.method} ${route.url}`
    if (!URL_PATTERN.test(route.url) || route.url.includes('..')) throw new RegistrationError(`admin route ${key} needs a path that begins with /`)
    if (route.page === true && !route.url.endsWith('/')) throw new RegistrationError(`admin route ${key} is a page and needs a path that ends with /`)
    if (this.#routes.has(key)) throw new RegistrationError(`admin route ${key} exists already`)
    if (this.#routes.size >= MAX_ADMIN_ROUTES) throw new RegistrationError(`admin route ${key} would be number ${MAX_ADMIN_ROUTES + 1} of at most ${MAX_ADMIN_ROUTES}`)
    this.#routes.set(key, route)
    if (this.#opened !== undefined) this.#attach(route, this.#opened)
  }

  /**
   * Opens the surface, at register.
   * @throws PLM_CORE_ADMIN_AUTH_REQUIRED without `auth`, unless NODE_ENV is `development` or `test`
   */
  open (settings: AdminSettings): void {
    const { auth, port, host, prefix, publicHealth } = settings
    if (auth === undefined) {
      if (this.#environment !== 'development' && this.#environment !== 'test') throw new AdminAuthRequiredError()
      this.#journal.record({ component: 'admin', event: 'no-auth', severity: 'warning', message: `NODE_ENV is ${this.#environment} and no auth is configured: everybody who reaches the admin surface is an operator` })
    }
    const authentication = new Authentication({ auth: auth ?? (() => DEVELOPER), clock: this.#clock, journal: this.#journal })
    if (port !== undefined) this.#listener = new AdminListener({ host, port })
    this.#opened = this.#listener === undefined
      ? { instance: this.#root, prefix: prefix ?? DEFAULT_PREFIX, authentication, publicHealth }
      : { instance: this.#listener.instance, prefix: '', authentication, publicHealth }
    for (const route of this.#routes.values()) this.#attach(route, this.#opened)
  }

  /**
   * Begins to listen, where the surface has a listener of its own; at onReady.
   * @throws PLM_CORE_ADMIN_LISTEN such as for a port in use
   */
  async start (): Promise<void> {
    await this.#listener?.listen()
  }

  async close (): Promise<void> {
    await this.#listener?.close()
  }

  #attach (route: AdminRoute, { instance, prefix, authentication, publicHealth }: Opened): void {
    const { method, url, schema, headers = {}, stream = false, bodyLimit = 16_384, priority = 'critical' } = route
    const role = route.role === 'public' && !publicHealth ? 'viewer' : route.role
    const page = route.page === true ? new AdminPage(url, headers) : undefined
    // `hide` keeps it out of the application's public API description (@fastify/swagger).
    const described: FastifySchema & { readonly hide: true } = { hide: true, ...schema }
    const options: RouteOptions = {
      method,
      // The surface's own root is the prefix itself.
      url: url === '/' && prefix !== '' ? prefix : prefix + url,
      bodyLimit,
      config: { priority, stream },
      schema: described,
      // An application that brought compilers of its own (zod, TypeBox) would feed our schemas to them.
      validatorCompiler: () => () => true,
      serializerCompiler: () => (payload: unknown) => JSON.stringify(payload),
      // After the hooks that the application has for everybody.
      // A refusal is nothing to be kept, or to run scripts.
      onSend: secureHeaders((reply) => page?.headersOf(reply) ?? (reply.statusCode < 400 ? headers : {})),
      errorHandler: (error: unknown, request: FastifyRequest, reply: FastifyReply) => this.#answerError(error, request, reply, page),
      handler: (request: FastifyRequest, reply: FastifyReply) => {
        // A hijacked reply has no onSend.
        if (stream) secure(reply, headers)
        if (page?.redirects(request, reply) === true) return reply
        return route.handler(request, reply, this.#users.get(request) ?? NOBODY)
      }
    }
    const guarded: RouteOptions = role === 'public' ? options : { ...options, onRequest: (request) => this.#admit(request, role, authentication) }
    instance.route(guarded)
    if (page !== undefined && !ignoresTrailingSlash(instance)) instance.route({ ...guarded, url: options.url.slice(0, -1) })
  }

  async #admit (request: FastifyRequest, role: AdminRole, authentication: Authentication): Promise<void> {
    this.#users.set(request, await authentication.authorize(request, role))
    if (request.method !== 'GET' && request.method !== 'HEAD') checkSameOrigin(request)
  }

  #answerError (error: unknown, request: FastifyRequest, reply: FastifyReply, page: AdminPage | undefined): void {
    const told = toldError(error)
    if (told === undefined) {
      // What failed inside is for the journal, not for whoever asks.
      this.#journal.record({ component: 'admin', event: 'endpoint-failed', severity: 'error', message: `${request.method} ${request.routeOptions.url}: ${messageOf(error)}` })
      reply.code(500).send({ error: { code: 'PLM_CORE_ADMIN_FAILED', message: 'the endpoint failed; the journal says why' } })
      return
    }
    if (told.statusCode === 401) {
      reply.header('www-authenticate', 'Bearer')
      if (page?.signsIn(request, reply) === true) return
    }
    reply.code(told.statusCode).send({ error: { code: told.code, message: told.message } })
  }
}

/** Such a router takes both spellings for one, and would refuse the second. */
function ignoresTrailingSlash ({ initialConfig: { ignoreTrailingSlash, routerOptions } }: FastifyInstance): boolean {
  return ignoreTrailingSlash === true || routerOptions?.ignoreTrailingSlash === true
}

/** An error that is meant for whoever asks: one of ours, or Fastify's complaint about the request. */
function toldError (error: unknown): { readonly statusCode: number, readonly code: string, readonly message: string } | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('statusCode' in error)) return undefined
  const { code, statusCode, message } = error
  if (typeof code !== 'string' || typeof statusCode !== 'number' || statusCode < 400) return undefined
  return code.startsWith('PLM_') || statusCode < 500 ? { statusCode, code, message } : undefined
}
