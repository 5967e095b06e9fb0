import { StacklessError } from './errors.ts'

/** What the errorFilter is asked about an answer of 500 or above, of a route or of an upstream. */
export class AnswerStatusError extends StacklessError {
  readonly code: 'PLM_CIRCUIT_BREAKER_ANSWER_STATUS' = 'PLM_CIRCUIT_BREAKER_ANSWER_STATUS'
  readonly statusCode: number

  constructor (statusCode: number) {
    super(`answered ${statusCode}`)
    this.statusCode = statusCode
  }
}

/** What the errorFilter is asked about a route's answer that did not reach its end: destroyed by this side, or timed out. */
export class AnswerCutOffError extends StacklessError {
  readonly code: 'PLM_CIRCUIT_BREAKER_ANSWER_CUT_OFF' = 'PLM_CIRCUIT_BREAKER_ANSWER_CUT_OFF'
  readonly reason: 'reset' | 'timeout'

  constructor (reason: 'reset' | 'timeout') {
    super(reason === 'reset' ? 'the answer was destroyed before its end' : 'the answer did not come in time')
    this.reason = reason
  }
}

const byStatus = new Map<number, AnswerStatusError>()

/** One for all answers of a status: they differ in nothing. */
export function answerStatusError (statusCode: number): AnswerStatusError {
  let error = byStatus.get(statusCode)
  // HTTP has 100 of them; an upstream that makes up others gets its own each time.
  if (error === undefined) {
    error = new AnswerStatusError(statusCode)
    if (statusCode <= 599) byStatus.set(statusCode, error)
  }
  return error
}
