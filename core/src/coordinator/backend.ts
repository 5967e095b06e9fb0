import type { JournalEvent } from '../journal.ts'
import type { CoordinatorDriver } from './driver.ts'
import { InvalidCoordinatorOption } from './errors.ts'

/** Names for `backend`, and the package that each is in. */
export const BACKENDS: Readonly<Record<string, string>> = {
  redis: '@plimsoll/redis-coordinator',
  etcd: '@plimsoll/etcd-coordinator',
  consul: '@plimsoll/consul-coordinator'
}

export interface BackendChoice {
  /**
   * A driver; a name of {@link BACKENDS} or a package of your own that exports `createDriver(options)`; or `local`.
   * @default 'local'
   */
  readonly backend?: CoordinatorDriver | string
  /** Handed to `createDriver`. A key that is there and undefined is refused: an environment variable is missing. */
  readonly options?: Readonly<Record<string, unknown>>
  /**
   * A backend that cannot be had is warned about once, and this instance runs alone in mode `single`.
   * @default false: it is refused, since fifty processes must not each become leader over a missing variable
   */
  readonly optional?: boolean
}

export interface BackendPorts {
  readonly journal: { record (event: JournalEvent): void }
  /** @default import() */
  readonly load?: (specifier: string) => Promise<unknown>
}

/**
 * The driver that was chosen; `undefined` for the local one.
 * @throws PLM_COORDINATOR_INVALID_OPTION naming the option and what would be right
 */
export async function chooseBackend (choice: BackendChoice, { journal, load = (specifier) => import(specifier) }: BackendPorts): Promise<CoordinatorDriver | undefined> {
  try {
    return await driverOf(choice, load)
  } catch (error) {
    if (choice.optional !== true) throw error
    const why = error instanceof Error ? error.message : String(error)
    journal.record({ component: 'coordinator', event: 'backend-missing', severity: 'warning', message: `${why} Since it is optional, this instance runs alone, in mode single.` })
    return undefined
  }
}

async function driverOf ({ backend = 'local', options = {} }: BackendChoice, load: (specifier: string) => Promise<unknown>): Promise<CoordinatorDriver | undefined> {
  if (typeof backend !== 'string') return backend
  if (backend === 'local') return undefined
  const missing = Object.keys(options).find((key) => options[key] === undefined)
  if (missing !== undefined) throw new InvalidCoordinatorOption(`coordinator.${missing}`, undefined, `backend ${backend} needs a value; an environment variable may be missing`)
  const specifier = BACKENDS[backend] ?? backend
  if (BACKENDS[backend] === undefined && !/[@/]/.test(backend)) throw new InvalidCoordinatorOption('coordinator.backend', backend, `it is none of ${['local', ...Object.keys(BACKENDS)].join(', ')}, and no name of a package with a scope or a path`)
  const module = await load(specifier).catch((error: unknown) => {
    throw new InvalidCoordinatorOption('coordinator.backend', backend, `package ${specifier} cannot be loaded (${error instanceof Error ? error.message : String(error)}); npm i ${specifier}`)
  })
  if (!hasCreateDriver(module)) throw new InvalidCoordinatorOption('coordinator.backend', backend, `${specifier} exports no createDriver(options)`)
  return module.createDriver(options)
}

function hasCreateDriver (module: unknown): module is { createDriver (options: Readonly<Record<string, unknown>>): CoordinatorDriver } {
  return typeof module === 'object' && module !== null && 'createDriver' in module && typeof module.createDriver === 'function'
}
