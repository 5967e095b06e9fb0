import { STATUS_CODES } from 'node:http'
import type { Refusal, RefusalBody } from '@plimsoll/core'
import type { RefusalReason, RefusedRequest, ResponseBuilder } from './limited-request.ts'

const STATUS: Readonly<Record<RefusalReason, number>> = { exceeded: 429, banned: 403, denied: 403 }
const CODE: Readonly<Record<RefusalReason, string>> = {
  exceeded: 'PLM_RATE_LIMITER_EXCEEDED',
  banned: 'PLM_RATE_LIMITER_BANNED',
  denied: 'PLM_RATE_LIMITER_DENIED'
}

/**
 * This plugin's refusals, one a reason, shared by all requests.
 *
 * @param current the request whose refusal is being written
 * @param failed told of what `response` throws
 */
export function refusals (current: () => RefusedRequest, response: ResponseBuilder | undefined, failed: (error: unknown) => void): Readonly<Record<RefusalReason, Refusal>> {
  const make = (reason: RefusalReason): Refusal => ({
    by: 'rate-limiter',
    reason,
    status: STATUS[reason],
    code: CODE[reason],
    retryAfter: () => current().retryAfter,
    ...(response !== undefined && { answer: () => answer(current(), response, failed) })
  })
  return { exceeded: make('exceeded'), banned: make('banned'), denied: make('denied') }
}

function answer (refused: RefusedRequest, response: ResponseBuilder, failed: (error: unknown) => void): RefusalBody {
  try {
    return bodyOf(response(refused))
  } catch (error) {
    failed(error)
    const { reason, statusCode } = refused
    return bodyOf({ statusCode, code: CODE[reason], error: String(STATUS_CODES[statusCode]), message: `refused by rate-limiter: ${reason}` })
  }
}

function bodyOf (made: ReturnType<ResponseBuilder>): RefusalBody {
  if (typeof made === 'string') return { body: made, contentType: 'text/plain; charset=utf-8' }
  if (isBody(made)) return made
  return { body: JSON.stringify(made), contentType: 'application/json; charset=utf-8' }
}

function isBody (made: ReturnType<ResponseBuilder>): made is RefusalBody {
  return typeof made === 'object' && made !== null && 'contentType' in made && 'body' in made && typeof made.contentType === 'string' && typeof made.body === 'string'
}
