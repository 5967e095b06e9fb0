import { accessSync, constants, globSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { provide, providedFolder } from './debian.ts'

export type ServiceName = 'redis-server' | 'prometheus' | 'promtool' | 'etcd' | 'postgres' | 'chromium' | 'wrk' | 'faketime'

interface Service {
  readonly programs: readonly string[]
  /** Folders beside PATH, as globs. */
  readonly folders?: readonly string[]
  /** The Debian package that has it. */
  readonly debian: string
}

const services: Readonly<Record<ServiceName, Service>> = {
  'redis-server': { programs: ['redis-server', 'valkey-server'], debian: 'redis-server' },
  prometheus: { programs: ['prometheus'], debian: 'prometheus' },
  promtool: { programs: ['promtool'], debian: 'prometheus' },
  etcd: { programs: ['etcd'], debian: 'etcd-server' },
  postgres: { programs: ['postgres'], folders: ['/usr/lib/postgresql/*/bin'], debian: 'postgresql' },
  chromium: { programs: ['chromium', 'chromium-browser', 'google-chrome'], debian: 'chromium' },
  wrk: { programs: ['wrk'], debian: 'wrk' },
  faketime: { programs: ['faketime'], debian: 'faketime' }
}

/** The service is neither here nor could it be provided; the message says why and what to install. */
export class ServiceMissingError extends Error {
  constructor (name: ServiceName, reason: string) {
    super(`no ${name}: ${reason}; put it on PATH (Debian: apt-get install ${services[name].debian})`)
    this.name = 'ServiceMissingError'
  }
}

/**
 * The absolute path of a service's program. Downloads it once if it is missing: seconds to a minute.
 * @throws {ServiceMissingError}
 */
export async function findService (name: ServiceName): Promise<string> {
  const present = locate(name)
  if (present !== undefined) return present
  const refusal = await provide(services[name].debian, () => locate(name) !== undefined)
  const found = locate(name)
  if (found === undefined) throw new ServiceMissingError(name, refusal ?? 'the package does not bring it')
  return found
}

function locate (name: ServiceName): string | undefined {
  const { programs, folders = [], debian } = services[name]
  const unpacked = providedFolder(debian)
  const all = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    join(unpacked, 'usr/bin'),
    ...folders.flatMap((pattern) => [...globSync(pattern), ...globSync(join(unpacked, pattern))])
  ]
  return all.flatMap((folder) => programs.map((program) => join(folder, program))).find(isExecutable)
}

function isExecutable (file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
