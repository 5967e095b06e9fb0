import { messageOf } from '../bounded-json.ts'
import type { Clock } from '../clock.ts'
import type { JournalEvent } from '../journal.ts'
import type { CoordinatorDriver } from './driver.ts'
import { InvalidCoordinatorOption } from './errors.ts'
import type { CoordinatorTimings } from './timings.ts'

/** Names for `backend`, and the package that each is in. */
const BACKENDS: Readonly<Record<string, string>> = {
  redis: '@plimsoll/redis-coordinator',
  etcd: '@plimsoll/etcd-coordinator',
  consul: '@plimsoll/consul-coordinator'
}

/** What a driver is made with. */
export interface DriverPorts {
  readonly clock: Clock
  readonly journal: { record (event: JournalEvent): void }
  /** As the coordinator itself has them. */
  readonly timings: CoordinatorTimings
}

/** Makes a driver without any I/O, which is for its `connect()`. */
export type MakeDriver = (ports: DriverPorts) => CoordinatorDriver

export interface BackendChoice {
  /**
   * A driver; a name of {@link BACKENDS} or a package of your own that exports `createDriver(options, ports)`; or `local`.
   * @default what a plugin such as `@plimsoll/redis-coordinator` offers, else 'local'
   */
  readonly backend?: CoordinatorDriver | string | undefined
  /** Handed to `createDriver`. A key that is there and undefined is refused: an environment variable is missing. */
  readonly options?: Readonly<Record<string, unknown>> | undefined
  /**
   * A backend that cannot be had is warned about once, and this instance runs alone in mode `single`.
   * @default false: it is refused, since fifty processes must not each become leader over a missing variable
   */
  readonly optional?: boolean | undefined
}

/** @default import() */
export type LoadPackage = (specifier: string) => Promise<unknown>

/**
 * The driver that was chosen; `undefined` for the local one.
 * @throws PLM_COORDINATOR_INVALID_OPTION naming the option and what would be right; what `createDriver` throws
 */
export async function chooseBackend (choice: BackendChoice, ports: DriverPorts, load: LoadPackage = (specifier) => import(specifier)): Promise<CoordinatorDriver | undefined> {
  try {
    return await driverOf(choice, ports, load)
  } catch (error) {
    if (choice.optional !== true) throw error
    ports.journal.record({ component: 'coordinator', event: 'backend-missing', severity: 'warning', message: `${messageOf(error)} Since it is optional, this instance runs alone, in mode single.` })
    return undefined
  }
}

async function driverOf ({ backend = 'local', options = {} }: BackendChoice, ports: DriverPorts, load: LoadPackage): Promise<CoordinatorDriver | undefined> {
  if (typeof backend !== 'string') return backend
  if (backend === 'local') return undefined
  const missing = Object.keys(options).find((key) => options[key] === undefined)
  if (missing !== undefined) throw new InvalidCoordinatorOption(`coordinator.options.${missing}`, undefined, `backend ${backend} needs a value; an environment variable may be missing`)
  const specifier = BACKENDS[backend] ?? backend
  if (BACKENDS[backend] === undefined && !/[@/]/.test(backend)) throw new InvalidCoordinatorOption('coordinator.backend', backend, `it is none of ${['local', ...Object.keys(BACKENDS)].join(', ')}, and no name of a package with a scope or a path`)
  const module = await load(specifier).catch((error: unknown) => {
    throw new InvalidCoordinatorOption('coordinator.backend', backend, `package ${specifier} cannot be loaded (${messageOf(error)}); npm i ${specifier}`)
  })
  if (!hasCreateDriver(module)) throw new InvalidCoordinatorOption('coordinator.backend', backend, `${specifier} exports no createDriver(options, ports)`)
  return module.createDriver(options, ports)
}

function hasCreateDriver (module: unknown): module is { createDriver (options: Readonly<Record<string, unknown>>, ports: DriverPorts): CoordinatorDriver } {
  return typeof module === 'object' && module !== null && 'createDriver' in module && typeof module.createDriver === 'function'
}
