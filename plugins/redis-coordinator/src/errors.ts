import createError from '@fastify/error'
import type { FastifyErrorConstructor } from '@fastify/error'

type Coded<Code extends string, Args extends unknown[]> = FastifyErrorConstructor<{ code: Code, statusCode: 500 }, Args>

/** Option's name, what was given, what would be right. */
export const InvalidOptionError: Coded<'PLM_REDIS_COORDINATOR_INVALID_OPTION', [name: string, given: string, right: string]> =
  createError('PLM_REDIS_COORDINATOR_INVALID_OPTION', 'redis-coordinator option %s is %s; %s', 500)

export const NoRedisError: Coded<'PLM_REDIS_COORDINATOR_NO_REDIS', [why: string]> =
  createError('PLM_REDIS_COORDINATOR_NO_REDIS', 'redis-coordinator has no Redis to use: %s', 500)

/** Nothing answers at the address. */
export const UnreachableError: Coded<'PLM_REDIS_COORDINATOR_UNREACHABLE', [why: string]> =
  createError('PLM_REDIS_COORDINATOR_UNREACHABLE', 'Redis cannot be reached: %s', 500)

export const WrongPasswordError: Coded<'PLM_REDIS_COORDINATOR_WRONG_PASSWORD', [why: string]> =
  createError('PLM_REDIS_COORDINATOR_WRONG_PASSWORD', 'Redis refuses the user or password: %s', 500)

export const ForbiddenError: Coded<'PLM_REDIS_COORDINATOR_FORBIDDEN', [why: string]> =
  createError('PLM_REDIS_COORDINATOR_FORBIDDEN', 'Redis forbids this user a command, key or channel: %s', 500)

export const ReadOnlyError: Coded<'PLM_REDIS_COORDINATOR_READ_ONLY', [why: string]> =
  createError('PLM_REDIS_COORDINATOR_READ_ONLY', 'This Redis is a replica, or has too few of them, and takes no writes: %s', 500)

export const OutOfMemoryError: Coded<'PLM_REDIS_COORDINATOR_OUT_OF_MEMORY', [why: string]> =
  createError('PLM_REDIS_COORDINATOR_OUT_OF_MEMORY', 'Redis is at its maxmemory and takes no writes: %s', 500)

export const TooOldError: Coded<'PLM_REDIS_COORDINATOR_TOO_OLD', [version: string]> =
  createError('PLM_REDIS_COORDINATOR_TOO_OLD', 'Redis %s is too old: 6.2 or newer is needed, or any Valkey', 500)

export const WrongTypeError: Coded<'PLM_REDIS_COORDINATOR_WRONG_TYPE', [why: string]> =
  createError('PLM_REDIS_COORDINATOR_WRONG_TYPE', 'A key of the namespace holds something that redis-coordinator did not write: %s', 500)

export const OtherFormatError: Coded<'PLM_REDIS_COORDINATOR_OTHER_FORMAT', [format: string]> =
  createError('PLM_REDIS_COORDINATOR_OTHER_FORMAT', 'The namespace was written by another version of redis-coordinator, in format %s; this one reads format 1', 500)

/** Loading, busy with a script, failing to save, a cluster that is down, or anything else that Redis says. */
export const RefusedError: Coded<'PLM_REDIS_COORDINATOR_REFUSED', [why: string]> =
  createError('PLM_REDIS_COORDINATOR_REFUSED', 'Redis refuses: %s', 500)

/** The console was called with arguments that it does not understand. */
export const UsageError: Coded<'PLM_REDIS_COORDINATOR_USAGE', [why: string]> =
  createError('PLM_REDIS_COORDINATOR_USAGE', '%s', 500)

/** The console looked into a namespace that no instance has ever used. */
export const NoNamespaceError: Coded<'PLM_REDIS_COORDINATOR_NO_NAMESPACE', [name: string]> =
  createError('PLM_REDIS_COORDINATOR_NO_NAMESPACE', 'The namespace %s has never been used on this server and database', 500)
