import { Unavailable } from '@plimsoll/core'
import { ForbiddenError, OtherFormatError, OutOfMemoryError, ReadOnlyError, RefusedError, UnreachableError, WrongPasswordError, WrongTypeError } from './errors.ts'

type Kind = new (why: string) => Error & { readonly code: string }

/** By how Redis begins its errors. None of these was applied: a script is refused before, or at, its first write. */
const REFUSALS: readonly (readonly [RegExp, Kind])[] = [
  [/^(NOAUTH|WRONGPASS)\b|^ERR.*(invalid password|AUTH)/, WrongPasswordError],
  [/^NOPERM\b|ACL failure|no permissions/, ForbiddenError],
  [/READONLY\b|^NOREPLICAS\b/, ReadOnlyError],
  [/\bOOM\b/, OutOfMemoryError],
  [/\bWRONGTYPE\b/, WrongTypeError]
]

/** A request that never left this process. */
const UNSENT = /isn't (writeable|ready)/

const LONGEST = 300

/**
 * What a driver may reject with: core's `Unavailable`, its cause one of this package's errors. Nothing of ioredis' own
 * error goes on but its text, since it carries the command with all arguments, the password of an AUTH among them.
 */
export function unavailable (error: unknown, lastConnectionError?: string): Unavailable {
  const { cause, ambiguous } = explain(textOf(error), isReply(error), lastConnectionError)
  return because(cause, ambiguous)
}

/** `Unavailable` for a reason that is known. */
export function because (cause: Error & { readonly code: string }, ambiguous = false): Unavailable {
  return new Unavailable(`${cause.message} (${cause.code})`, { ambiguous, cause })
}

/** First line, bounded. */
export function textOf (error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error)
  return text.split('\n', 1).join('').slice(0, LONGEST)
}

function explain (text: string, isReply: boolean, lastConnectionError: string | undefined): { readonly cause: Error & { readonly code: string }, readonly ambiguous: boolean } {
  const format = /^PLMFORMAT (\S+)/.exec(text)
  if (format?.[1] !== undefined) return { cause: new OtherFormatError(format[1]), ambiguous: false }
  const known = REFUSALS.find(([pattern]) => pattern.test(text))
  if (known !== undefined) return { cause: new known[1](text), ambiguous: false }
  if (isReply) return { cause: new RefusedError(text), ambiguous: false }
  return { cause: new UnreachableError(lastConnectionError ?? text), ambiguous: !UNSENT.test(text) }
}

/** Whether Redis said it, and not the connection. */
function isReply (error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError'
}
