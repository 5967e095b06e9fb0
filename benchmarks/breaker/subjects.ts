import { circuitBreaker, handleAll, SamplingBreaker } from 'cockatiel'
import { Circuit, SlidingCountBreaker } from 'mollitia'
import Opossum from 'opossum'
import { CircuitBreaker } from '@plimsoll/circuit-breaker'

/** A loop of calls of its own for each: a loop that all share would be compiled for none. */
export interface Subject {
  readonly name: string
  readonly run: (times: number) => Promise<void>
  /** What it holds running. */
  readonly stop?: () => void
}

const answer = async (): Promise<number> => 42
const error = new Error('upstream failed')
const failing = async (): Promise<number> => { throw error }
const HOUR_MS = 3_600_000

/** What is measured against. Twice, so that it can be told how much two of the same differ. */
export function bare (name: string): Subject {
  return { name, run: async (times) => { for (let call = 0; call < times; call++) await answer() } }
}

/** Closed circuits, all calls succeed. */
export function closed (): Subject[] {
  const permits = new CircuitBreaker('permits')
  const execute = new CircuitBreaker('execute')
  const timed = new CircuitBreaker('timed', { timeout: 10_000 })
  const slow = new CircuitBreaker('slow', { slowCallDurationThreshold: 10_000 })
  const opossum = new Opossum(answer)
  const cockatiel = circuitBreaker(handleAll, { halfOpenAfter: 10_000, breaker: new SamplingBreaker({ threshold: 0.5, duration: 10_000 }) })
  const mollitia = new Circuit({ func: answer, options: { modules: [new SlidingCountBreaker({ slidingWindowSize: 100 })] } })
  return [
    {
      name: 'permit form',
      async run (times) {
        for (let call = 0; call < times; call++) {
          const permit = permits.tryAcquire()
          if (permit === undefined) throw permits.refusal()
          try {
            await answer()
            permits.succeed(permit)
          } catch (thrown) {
            permits.fail(permit, thrown)
            throw thrown
          }
        }
      }
    },
    { name: 'execute', run: async (times) => { for (let call = 0; call < times; call++) await execute.execute(answer) } },
    { name: 'execute, timeout', run: async (times) => { for (let call = 0; call < times; call++) await timed.execute(answer) } },
    { name: 'execute, slow calls', run: async (times) => { for (let call = 0; call < times; call++) await slow.execute(answer) } },
    { name: 'cockatiel sampling', run: async (times) => { for (let call = 0; call < times; call++) await cockatiel.execute(answer) } },
    { name: 'opossum', run: async (times) => { for (let call = 0; call < times; call++) await opossum.fire() }, stop: () => { opossum.shutdown() } },
    // It copies its window at each call.
    { name: 'mollitia count', run: async (times) => { for (let call = 0; call < times / 50; call++) await mollitia.execute() } }
  ]
}

/** A rejection that was made before: the least that failing can cost. */
export function rejection (name: string): Subject {
  const refuse = (): Promise<number> => Promise.reject(error)
  return { name, run: async (times) => { for (let call = 0; call < times; call++) await refuse().catch(nothing) } }
}

/** Open circuits, all calls are refused. */
export async function open (): Promise<Subject[]> {
  const execute = new CircuitBreaker('open', { waitDurationInOpenState: HOUR_MS, exponentialMaxWaitDurationInOpenState: HOUR_MS })
  execute.trip()
  const opossum = new Opossum(failing, { resetTimeout: HOUR_MS })
  const cockatiel = circuitBreaker(handleAll, { halfOpenAfter: HOUR_MS, breaker: new SamplingBreaker({ threshold: 0.1, duration: 1000, minimumRps: 1 }) })
  const mollitia = new Circuit({ func: failing, options: { modules: [new SlidingCountBreaker({ openStateDelay: 2 ** 31 - 1, slidingWindowSize: 10, minimumNumberOfCalls: 5 })] } })
  for (let call = 0; call < 50; call++) await Promise.allSettled([opossum.fire(), cockatiel.execute(failing), mollitia.execute()])
  return [
    { name: 'execute', run: async (times) => { for (let call = 0; call < times; call++) await execute.execute(answer).catch(nothing) } },
    { name: 'permit form', run: async (times) => { for (let call = 0; call < times; call++) if (execute.tryAcquire() === undefined) await Promise.reject(execute.refusal()).catch(nothing) } },
    { name: 'cockatiel sampling', run: async (times) => { for (let call = 0; call < times; call++) await cockatiel.execute(answer).catch(nothing) } },
    { name: 'opossum', run: async (times) => { for (let call = 0; call < times; call++) await opossum.fire().catch(nothing) }, stop: () => { opossum.shutdown() } },
    { name: 'mollitia count', run: async (times) => { for (let call = 0; call < times / 50; call++) await mollitia.execute().catch(nothing) } }
  ]
}

/** A call that fails, with nothing around it. */
export function failingBare (name: string): Subject {
  return { name, run: async (times) => { for (let call = 0; call < times; call++) await failing().catch(nothing) } }
}

/** Closed circuits with so many calls in their window, nine of ten of them successes. */
export async function failingWith (calls: number): Promise<Subject[]> {
  let good = true
  const either = (): Promise<number> => good ? answer() : failing()
  const breaker = new CircuitBreaker('storm', { failureRateThreshold: 1, slidingWindowSize: 600_000, minimumNumberOfCalls: 1 })
  const counting = new CircuitBreaker('storm', { failureRateThreshold: 1, slidingWindowType: 'count', slidingWindowSize: calls, minimumNumberOfCalls: 1 })
  const opossum = new Opossum(either, { errorThresholdPercentage: 100, rollingCountTimeout: 600_000, timeout: false })
  const cockatiel = circuitBreaker(handleAll, { halfOpenAfter: 10_000, breaker: new SamplingBreaker({ threshold: 0.999, duration: 600_000 }) })
  const mollitia = new Circuit({ func: either, options: { modules: [new SlidingCountBreaker({ slidingWindowSize: 1000, failureRateThreshold: 100, minimumNumberOfCalls: 1000 })] } })
  for (let call = 0; call < calls; call++) {
    good = call % 10 !== 0 || call < 100
    // Each of opossum's failures sorts its whole window: a hundred will do.
    const sortsTooOften = !good && call % 1000 !== 0
    await Promise.allSettled([breaker.execute(either), counting.execute(either), cockatiel.execute(either), ...(sortsTooOften ? [] : [opossum.fire()]), ...(call < 1000 ? [mollitia.execute()] : [])])
  }
  good = false
  return [
    { name: 'execute', run: async (times) => { for (let call = 0; call < times; call++) await breaker.execute(failing).catch(nothing) } },
    { name: 'execute, count window', run: async (times) => { for (let call = 0; call < times; call++) await counting.execute(failing).catch(nothing) } },
    {
      name: 'permit form',
      async run (times) {
        for (let call = 0; call < times; call++) {
          const permit = breaker.tryAcquire()
          if (permit !== undefined) await failing().then(nothing, (thrown: unknown) => { breaker.fail(permit, thrown) })
        }
      }
    },
    { name: 'cockatiel sampling', run: async (times) => { for (let call = 0; call < times; call++) await cockatiel.execute(failing).catch(nothing) } },
    { name: 'opossum', run: async (times) => { for (let call = 0; call < times / 500; call++) await opossum.fire().catch(nothing) }, stop: () => { opossum.shutdown() } },
    { name: 'mollitia count of 1,000', run: async (times) => { for (let call = 0; call < times / 50; call++) await mollitia.execute().catch(nothing) } }
  ]
}

function nothing (): void {}
