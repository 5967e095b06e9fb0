import { fakeClock } from '@plimsoll/core/testing'
import type { FakeClock } from '@plimsoll/core/testing'
import { CircuitBreaker } from '../src/circuit-breaker.ts'
import type { CircuitBreakerOptions } from '../src/options.ts'
import type { Permit } from '../src/permit.ts'
import type { Fault } from '../src/surroundings.ts'

export interface Setup {
  readonly breaker: CircuitBreaker
  readonly clock: FakeClock
  readonly faults: Fault[]
  /** Makes calls that succeed, and that fail. */
  succeed (times?: number): void
  fail (times?: number): void
  /** A permit, which there must be. */
  acquire (): Permit
}

/** Opens at 5 of 10 calls or more, waits 1000 ms without jitter, and closes after one probe. */
export function breakerOnFakeTime (options: CircuitBreakerOptions = {}): Setup {
  const clock = fakeClock()
  const faults: Fault[] = []
  const breaker = new CircuitBreaker('upstream', {
    minimumNumberOfCalls: 10, waitDurationInOpenState: 1000, randomizedWaitFactor: 0, successThreshold: 1, ...options
  }, { clock, onFault: fault => { faults.push(fault) } })
  const acquire = (): Permit => {
    const permit = breaker.tryAcquire()
    if (permit === undefined) throw new Error(`refused while ${breaker.state}`)
    return permit
  }
  return {
    breaker,
    clock,
    faults,
    acquire,
    succeed (times = 1) { for (let time = 0; time < times; time++) breaker.succeed(acquire()) },
    fail (times = 1) { for (let time = 0; time < times; time++) breaker.fail(acquire(), new Error('upstream failed')) }
  }
}
