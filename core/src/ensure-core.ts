import type { FastifyInstance } from 'fastify'
import { systemClock } from './clock.ts'
import type { Clock } from './clock.ts'
import { CONTRACT, Core, LOCATION, VERSION } from './core.ts'
import { ClockTakenError, DecoratorTakenError, IncompatibleCoreError } from './errors.ts'

const CORE = Symbol.for('@plimsoll/core')

/**
 * The core of the application that `fastify` belongs to; made by the first to ask, whichever instance it asks on, and
 * decorated onto the root instance as `plimsoll`.
 *
 * Works on an application that has started only if core exists: hooks can't be added any more.
 *
 * @param ports.clock time for everything in core, such as the fake clock of `@plimsoll/core/testing`; only the first to
 * ask can choose it
 * @throws PLM_CORE_INCOMPATIBLE another installed copy of core with another contract was here first
 * @throws PLM_CORE_DECORATOR_TAKEN the application has its own decorator `plimsoll`
 * @throws PLM_CORE_TOO_LATE the application has started
 * @throws PLM_CORE_CLOCK_TAKEN core exists and runs on another clock
 * @throws PLM_CORE_INVALID_PRIORITY, PLM_CORE_INVALID_DEGRADE in a route that is registered already
 */
export function ensureCore (fastify: FastifyInstance, ports: { readonly clock?: Clock } = {}): Core {
  const root = rootOf(fastify)
  const core = existingCore(root) ?? makeCore(root, ports.clock ?? systemClock)
  // A child's own decorator of this name would shadow core for its plugins.
  if (Reflect.get(fastify, 'plimsoll') !== core) throw new DecoratorTakenError()
  if (ports.clock !== undefined && ports.clock !== core.clock) throw new ClockTakenError()
  return core
}

function rootOf (instance: FastifyInstance): FastifyInstance {
  const parent: unknown = Object.getPrototypeOf(instance)
  return isInstance(parent) ? rootOf(parent) : instance
}

function isInstance (value: unknown): value is FastifyInstance {
  return typeof value === 'object' && value !== null && 'addHook' in value && 'register' in value
}

function existingCore (root: FastifyInstance): Core | undefined {
  const core: Core | undefined = Reflect.get(root, CORE)
  if (core !== undefined && core.contract !== CONTRACT) {
    throw new IncompatibleCoreError(core.version, core.location, String(core.contract), VERSION, LOCATION, String(CONTRACT))
  }
  return core
}

function makeCore (root: FastifyInstance, clock: Clock): Core {
  if (root.hasDecorator('plimsoll')) throw new DecoratorTakenError()
  const core = new Core(root, clock)
  root.decorate('plimsoll', core)
  Reflect.set(root, CORE, core)
  root.addHook('onReady', async () => { await core.ready() })
  root.addHook('onListen', async () => { core.lifeCycle.listen(core.options.lifeCycle) })
  root.addHook('preClose', async () => { await core.lifeCycle.closing() })
  root.addHook('onClose', async () => { await core.close() })
  return core
}
