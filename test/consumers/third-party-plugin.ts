// A plugin of somebody else's, compiled against nothing but the packed types.
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { ADMISSION_ORDER, ControlArgumentError, enabledControl, ensureCore, flag, integer, isEnabled, InvalidOptionError, optionSpec, PRIORITY_RANK } from '@plimsoll/core'
import type { Component, Core, Refusal, RequestScope, ScopeListener, SettleReason } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'
import type { FakeClock } from '@plimsoll/core/testing'

export interface OvenOptions {
  readonly enabled?: boolean
  /** @default 4 */
  readonly places?: number
}

const spec = optionSpec<OvenOptions>(InvalidOptionError, { enabled: flag({ default: true }), places: integer({ min: 1, default: 4 }) })

const oven: FastifyPluginAsync<OvenOptions> = fp(async (fastify: FastifyInstance, options: OvenOptions): Promise<void> => {
  const resolved = spec.resolve(options)
  const { places, enabled } = resolved.values
  if (!isEnabled('oven', enabled)) return
  const core: Core = ensureCore(fastify)
  let baking = 0
  let open = true
  const full: Refusal = { by: 'oven', reason: 'full', status: 503, retryAfter: () => 2 }
  const out: ScopeListener<number> = {
    settled (_scope: RequestScope, reason: SettleReason, since) { core.journal.record({ component: 'oven', event: reason, message: `after ${core.clock.now() - since} ms` }) },
    workDone () { baking-- }
  }
  core.admission.add({
    name: 'oven',
    order: ADMISSION_ORDER.load,
    check (scope) {
      if (open && scope.priority > PRIORITY_RANK.critical && baking >= places) return full
      baking++
      scope.watch(out, core.clock.now())
      return undefined
    }
  })
  const component: Component = {
    kind: 'oven',
    name: 'oven',
    snapshot: () => ({ baking }),
    health: () => baking < places ? { status: 'ok' } : { status: 'degraded', reason: `${baking} of ${places} places taken` },
    controls: {
      enabled: enabledControl({ get: () => open, set: (value) => { open = value } }),
      heat: { description: 'Heats to so many degrees', run (degrees) { if (typeof degrees !== 'number') throw new ControlArgumentError('heat takes a number of degrees') } }
    },
    configuration: () => spec.configuration(resolved)
  }
  const leave = core.components.register(component)
  core.metrics.register({ name: 'oven_baking', help: 'Places taken', type: 'gauge', collect: (report) => report.value(baking) })
  fastify.addHook('onClose', async () => { leave() })
  fastify.get('/bread', { config: { priority: 'high', degrade: (_request, _reply, { reason }) => `yesterday's: ${reason}` } }, () => 'bread')
}, { name: 'oven', dependencies: [] })

export default oven
export const clock: FakeClock = fakeClock({ seed: 7 })
