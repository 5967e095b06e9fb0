import type { Connection } from './connection.ts'
import { ReadOnlyError, TooOldError } from './errors.ts'
import { because, textOf, unavailable } from './failure.ts'

/** What INFO tells of a server. */
export interface ServerFacts {
  readonly version: string | undefined
  readonly role: string | undefined
  /** Whether acknowledged writes are in a file. */
  readonly persistent: boolean
  /** A policy under which the server deletes keys at its maxmemory. */
  readonly evicts: string | undefined
}

export const UNKNOWN_SERVER: ServerFacts = { version: undefined, role: undefined, persistent: false, evicts: undefined }

/**
 * Looks once a connection at who is there. A user who may not ask INFO goes on without.
 * @throws Unavailable for a server that is too old or takes no writes
 */
export async function checkServer (connection: Connection): Promise<ServerFacts> {
  const facts = await readFacts(connection)
  const { version, role } = facts
  if (version !== undefined && isTooOld(version)) throw because(new TooOldError(version))
  if (role === 'slave') {
    connection.reconnect()
    throw because(new ReadOnlyError('its role is replica'))
  }
  return facts
}

async function readFacts (connection: Connection): Promise<ServerFacts> {
  let text: string
  try {
    text = String(await connection.call('info'))
  } catch (error) {
    if (textOf(error).startsWith('NOPERM')) return UNKNOWN_SERVER
    throw unavailable(error, connection.lastError)
  }
  const fact = (name: string): string | undefined => new RegExp(`^${name}:([^\r\n]*)`, 'm').exec(text)?.[1]
  const policy = fact('maxmemory_policy')
  return {
    version: fact('redis_version'),
    role: fact('role'),
    persistent: fact('aof_enabled') === '1',
    evicts: policy === undefined || policy === 'noeviction' || fact('maxmemory') === '0' ? undefined : policy
  }
}

/** Below 6.2, which has LPOP with a count. */
function isTooOld (version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < 6 || (major === 6 && minor < 2)
}
