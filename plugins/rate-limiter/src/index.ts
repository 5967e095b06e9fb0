import { randomInt } from 'node:crypto'
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { ADMISSION_ORDER, ensureCore, isEnabled } from '@plimsoll/core'
import { RegisteredTwiceError } from './errors.ts'
import { writeHeaders } from './header-fields.ts'
import type { Standing } from './limited-request.ts'
import { rateLimiterOptions } from './options.ts'
import type { HeaderStyle, RateLimiterOptions, RouteLimitOptions } from './options.ts'
import { RateLimiter } from './rate-limiter.ts'
import { rateLimiterComponent } from './rate-limiter-component.ts'
import { rateLimiterMetrics } from './rate-limiter-metrics.ts'
import { standingOf } from './standing-carrier.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Limits of clients: looking, penalties, bans. */
    rateLimiter: RateLimiter
  }
  interface FastifyRequest {
    /** How the client stands with the limit that leaves it least; `undefined` where no limit holds. */
    readonly rateLimit: Standing | undefined
  }
  interface FastifyContextConfig {
    /** Limits of this route, beside those of the whole application; `false`: none at all. */
    rateLimit?: boolean | RouteLimitOptions | readonly RouteLimitOptions[]
  }
}

/** Limits what each client may send, in one process or across a cluster. Register it once, on any instance. */
const rateLimiter: FastifyPluginAsync<RateLimiterOptions> = fp(async (fastify: FastifyInstance, given: RateLimiterOptions): Promise<void> => {
  const core = ensureCore(fastify)
  const { clock, root } = core
  if (root.hasDecorator('rateLimiter')) throw new RegisteredTwiceError()
  const resolved = rateLimiterOptions.resolve(given)
  const { values } = resolved
  const limiter = new RateLimiter(core, values, isEnabled('rate-limiter', values.enabled), [randomInt(2 ** 32), randomInt(2 ** 32)])
  root.decorate('rateLimiter', limiter)
  root.decorateRequest('rateLimit', { getter (this: FastifyRequest) { return standingOf(this.raw) } })
  const leave = [core.admission.add({ name: 'rate-limiter', order: ADMISSION_ORDER.rateLimit, check: scope => limiter.check(scope) })]
  announce(root, values.headers)
  root.addHook('onReady', async () => {
    limiter.limits.compile(core.routes.records)
    leave.push(core.components.register(rateLimiterComponent(limiter, resolved, clock)), ...rateLimiterMetrics(limiter, clock).map(metric => core.metrics.register(metric)))
    if (limiter.limits.all.some(({ plan }) => plan.cluster !== false)) limiter.join(core.coordinator)
  })
  root.addHook('onClose', async () => { for (const step of leave) step() })
}, { fastify: '5.x', name: '@plimsoll/rate-limiter' })

// Behind core's hook, so that a request was judged before; a refused one never comes here.
function announce (root: FastifyInstance, style: HeaderStyle): void {
  if (style === 'none') return
  root.addHook('onRequest', (request, reply, done) => {
    const standing = standingOf(request.raw)
    if (standing !== undefined) writeHeaders(reply, style, standing)
    done()
  })
}

export default rateLimiter
export type { AlgorithmName } from './algorithms/index.ts'
export type { ClientTest } from './client-list.ts'
export type { KeySource } from './client-keys.ts'
export * from './errors.ts'
export type { LimitedRequest, LimitListener, RefusalReason, RefusedRequest, ResponseBuilder, Standing } from './limited-request.ts'
export type { BanOptions, CostFunction, HeaderStyle, LimitOptions, RateLimiterOptions, RouteLimitOptions } from './options.ts'
export type { RateLimiter } from './rate-limiter.ts'
