import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { ADMISSION_ORDER, ensureCore, PRIORITY_RANK } from '@plimsoll/core'
import type { Refusal } from '@plimsoll/core'

/** So many requests a second, health checks aside. Needs of core: admission, clock, metrics, a tunable. */
export const limiter: FastifyPluginAsync<{ readonly perSecond: number }> = fp(async (fastify: FastifyInstance, { perSecond }: { readonly perSecond: number }): Promise<void> => {
  const { admission, clock, components, metrics } = ensureCore(fastify)
  let limit = perSecond
  let count = 0
  let refused = 0
  const window = clock.every(1_000, () => { count = 0 })
  fastify.addHook('onClose', async () => { window.cancel() })
  const tooMany: Refusal = { by: 'limiter', reason: 'too-many', status: 429, retryAfter: () => 1 }
  admission.add({
    name: 'limiter',
    order: ADMISSION_ORDER.rateLimit,
    check ({ priority }) {
      if (priority === PRIORITY_RANK.system || ++count <= limit) return undefined
      refused++
      return tooMany
    }
  })
  metrics.register({ name: 'plimsoll_limiter_refused_total', help: 'Requests over the limit', type: 'counter', collect: (report) => report.value(refused) })
  components.register({
    kind: 'limiter',
    name: 'limiter',
    snapshot: () => ({ count, refused }),
    health: () => ({ status: 'ok' }),
    tunables: { perSecond: { description: 'Requests a second', unit: 'requests/s', min: 1, max: 10_000, get: () => limit, set: (value) => { limit = value } } }
  })
}, { name: 'limiter' })
