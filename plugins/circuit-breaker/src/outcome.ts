import type { CircuitBreakerSettings, Outcome } from './options.ts'
import type { Surroundings } from './surroundings.ts'

/** By the `resultFilter`; one that throws has not answered. */
export function outcomeOfResult ({ resultFilter }: CircuitBreakerSettings, result: unknown, breaker: string, surroundings: Surroundings): Outcome {
  if (resultFilter === undefined) return 'success'
  try {
    return resultFilter(result) ?? 'success'
  } catch (error) {
    surroundings.tellFault({ breaker, what: 'resultFilter', error })
    return 'success'
  }
}

/** By the `errorFilter`; one that throws has not answered. */
export function outcomeOfError ({ errorFilter }: CircuitBreakerSettings, error: unknown, breaker: string, surroundings: Surroundings): Outcome {
  if (errorFilter === undefined) return 'failure'
  try {
    const answer = errorFilter(error)
    if (typeof answer === 'string') return answer
    return answer === true ? 'success' : 'failure'
  } catch (thrown) {
    surroundings.tellFault({ breaker, what: 'errorFilter', error: thrown })
    return 'failure'
  }
}
