import type { CircuitBreaker } from './circuit-breaker.ts'
import { answerStatusError } from './failed-answer.ts'
import type { Permit } from './permit.ts'

/**
 * Settles a permit by the status of an answer: from 500 on it has failed, unless `errorFilter` says otherwise; below it has
 * succeeded, unless `resultFilter` does, which is asked with `{ statusCode }`.
 */
export function judgeStatus (breaker: CircuitBreaker, permit: Permit, statusCode: number): void {
  if (statusCode >= 500) breaker.fail(permit, answerStatusError(statusCode))
  else if (breaker.settings.resultFilter === undefined) breaker.succeed(permit)
  else breaker.succeed(permit, { statusCode })
}
