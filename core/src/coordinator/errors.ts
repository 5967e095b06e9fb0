import createError from '@fastify/error'
import type { FastifyErrorConstructor } from '@fastify/error'
import { messageOf } from '../bounded-json.ts'
import type { Entry } from './driver.ts'

const ConflictBase: FastifyErrorConstructor = createError('PLM_COORDINATOR_CONFLICT', 'Key %s is not at the expected revision %s but at %s.', 409)
const FencedBase: FastifyErrorConstructor = createError('PLM_COORDINATOR_FENCED', 'The fence of %s is not the highest any more: %s. Nothing was written.', 409)
const SessionLostBase: FastifyErrorConstructor = createError('PLM_COORDINATOR_SESSION_LOST', 'Session %s is not alive any more; all that it held is lost.', 409)
const UnavailableBase: FastifyErrorConstructor = createError('PLM_COORDINATOR_UNAVAILABLE', 'The coordinator is unavailable: %s. %s', 503)

/** The key has changed since it was read. */
export class Conflict extends ConflictBase {
  /** What the key is now; `undefined` when it is absent. */
  readonly current: Entry | undefined

  constructor (key: string, expected: bigint | undefined, current: Entry | undefined) {
    super(key, expected, current?.revision ?? 'absent')
    this.current = current
  }
}

/** Somebody has been elected since: this process is not the leader any more, and must stop. */
export class Fenced extends FencedBase {
  constructor (fence: { readonly name: string, readonly epoch: bigint, readonly scope: string }, why: string) {
    super(`election ${fence.name} at ${fence.scope} epoch ${fence.epoch}`, why)
  }
}

export class SessionLost extends SessionLostBase {}

/** The backend did not answer. */
export class Unavailable extends UnavailableBase {
  /** Whether the request may have been applied all the same. */
  readonly ambiguous: boolean
  /** The reason alone. */
  readonly why: string

  constructor (reason: string, { ambiguous, cause }: { readonly ambiguous: boolean, readonly cause?: unknown }) {
    const why = reason.endsWith('.') ? reason.slice(0, -1) : reason
    super(why, ambiguous ? 'The request may have been applied all the same.' : 'Nothing was applied.', { cause })
    this.ambiguous = ambiguous
    this.why = why
  }
}

/** A queue is at its `maxLength`. */
export const QueueFull: FastifyErrorConstructor = createError('PLM_COORDINATOR_QUEUE_FULL', 'Queue %s holds its maximum of %s items; %s more were refused.', 503)

/** More keys under a watched prefix than a watch keeps track of. */
export const WatchTooWide: FastifyErrorConstructor = createError('PLM_COORDINATOR_WATCH_TOO_WIDE', 'More than %s keys begin with %s: watch a narrower prefix.', 500)

export const InvalidValue: FastifyErrorConstructor = createError('PLM_COORDINATOR_INVALID_VALUE', 'Cannot write %s: %s.', 400)

export const InvalidCoordinatorOption: FastifyErrorConstructor = createError('PLM_COORDINATOR_INVALID_OPTION', 'Option %s = %s is refused: %s.', 500)

/** The same name with other options: the second would be served by what the first made. */
export const OptionsDiffer: FastifyErrorConstructor<{ code: 'PLM_COORDINATOR_OPTIONS_DIFFER' }, [kind: string, name: string, option: string, has: string, asked: string]> =
  createError('PLM_COORDINATOR_OPTIONS_DIFFER', 'The %s %s exists with %s = %s, and was asked for with %s: give the same options everywhere, or another name.', 500)

export const TooManyNames: FastifyErrorConstructor<{ code: 'PLM_COORDINATOR_TOO_MANY_NAMES' }, [kind: string, name: string, number: number, most: number]> =
  createError('PLM_COORDINATOR_TOO_MANY_NAMES', 'The %s %s would be number %s of at most %s: are names made per request?', 500)

export const BackendTaken: FastifyErrorConstructor = createError('PLM_COORDINATOR_BACKEND_TAKEN', 'The coordinator cannot have the backend %s: it has the backend %s already. Keep one of the two.', 500)

export const CoordinatorTooEarly: FastifyErrorConstructor = createError('PLM_COORDINATOR_TOO_EARLY', 'The coordinator is there when all plugins have loaded: ask for it in a plugin\'s onReady hook, in the application\'s own where ensureCore(app) or await app.register(…) of a Plimsoll plugin came before it, or later.', 500)

export type CoordinatorErrorCode = 'CONFLICT' | 'FENCED' | 'SESSION_LOST' | 'UNAVAILABLE'

/** By its code, since the error may come from another copy of core. */
export function isCoordinatorError (error: unknown, code: CoordinatorErrorCode): boolean {
  return codeOf(error) === `PLM_COORDINATOR_${code}`
}

/** Whether a request that failed so may have been applied all the same: unless the error says no, it may. */
export function isAmbiguous (error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'ambiguous' in error ? error.ambiguous === true : true
}

/** A driver's rejection as one of ours: what it does not explain is `Unavailable`. */
export function asCoordinatorError (error: unknown, mutation: boolean): Error {
  if (error instanceof Error && codeOf(error)?.startsWith('PLM_COORDINATOR_') === true) return error
  return new Unavailable(messageOf(error), { ambiguous: mutation, cause: error })
}

/** Why something failed, without the sentences that `Unavailable` puts around it. */
export function reasonOf (error: unknown): string {
  return typeof error === 'object' && error !== null && 'why' in error ? String(error.why) : messageOf(error)
}

function codeOf (error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
