import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleAll } from 'cockatiel'
import { Circuit, SlidingCountBreaker } from 'mollitia'
import Opossum from 'opossum'
import { setTimeout as sleep } from 'node:timers/promises'
import { CircuitBreaker } from '@plimsoll/circuit-breaker'
import { ms, percent, spread } from '../overload/row.ts'
import type { Row } from '../overload/row.ts'
import { progress } from '../overload/progress.ts'
import { summarize } from '../overload/statistics.ts'

const OPEN_MS = 500
const ROUND_TRIP_MS = 20
const MOST_MS = 3 * OPEN_MS
/** A round in which timers of this very process were later than that says nothing. */
const MOST_LAG_MS = 20

interface Patient {
  readonly call: () => Promise<unknown>
  readonly isClosed: () => boolean
  /** The wait that it has drawn. */
  readonly openMs: () => number
  readonly stop?: () => void
}

/** From the opening until it is closed again, of an upstream that is well from then on and is asked each 5 ms. */
export async function recoveryRows (rounds: number): Promise<Row[]> {
  const times: Record<string, number[]> = { plimsoll: [], opossum: [], cockatiel: [], mollitia: [] }
  const over: number[] = []
  let disturbed = 0
  const makers: Record<string, (fn: () => Promise<unknown>) => Patient> = { plimsoll, opossum, cockatiel, mollitia }
  for (let round = 0; round < rounds; round++) {
    progress(`recovery: round ${round + 1} of ${rounds}`)
    const lag = watchLag()
    await Promise.all(Object.entries(makers).map(async ([name, make]) => {
      const { took, openMs } = await recover(make)
      times[name]?.push(took)
      if (name !== 'plimsoll') return
      if (lag.worst() <= MOST_LAG_MS) over.push((took - openMs - ROUND_TRIP_MS) / openMs)
      else disturbed++
    }))
    lag.stop()
  }
  const worst = Math.max(...over)
  return [{
    section: 'recovery',
    what: `recovery: time until closed, beyond the open time and one round trip of ${ROUND_TRIP_MS} ms, over the open time (worst of ${over.length})`,
    figure: percent(worst),
    peers: Object.fromEntries(Object.entries(times).map(([name, values]) => [name, spread(summarize(values), ms)])),
    target: '<= 10 %',
    noise: '',
    verdict: over.length < rounds / 2 ? 'inconclusive' : worst <= 0.1 ? 'pass' : 'miss',
    note: `${disturbed} rounds left out in which this process itself was held up for more than ${MOST_LAG_MS} ms; open time ${OPEN_MS} ms, shortened at random by up to a tenth by plimsoll; it wants two probes, one after the other`,
    values: { over, times }
  }]
}

/** How late a timer of 5 ms was, at the worst. */
function watchLag (): { readonly worst: () => number, readonly stop: () => void } {
  let last = performance.now()
  let worst = 0
  const look = (): void => {
    const now = performance.now()
    worst = Math.max(worst, now - last - 5)
    last = now
  }
  const timer = setInterval(look, 5)
  return {
    worst () {
      look()
      return worst
    },
    stop () { clearInterval(timer) }
  }
}

async function recover (make: (fn: () => Promise<unknown>) => Patient): Promise<{ readonly took: number, readonly openMs: number }> {
  let ill = true
  const { call, isClosed, openMs, stop } = make(async () => {
    await sleep(ROUND_TRIP_MS)
    if (ill) throw new Error('ill')
  })
  while (isClosed()) await Promise.allSettled(Array.from({ length: 10 }, call))
  ill = false
  const begun = performance.now()
  const wait = openMs()
  while (!isClosed() && performance.now() - begun < MOST_MS) {
    call().catch(() => {})
    await sleep(5)
  }
  const took = performance.now() - begun
  stop?.()
  return { took, openMs: wait }
}

function plimsoll (fn: () => Promise<unknown>): Patient {
  const breaker = new CircuitBreaker('recovery', { waitDurationInOpenState: OPEN_MS, minimumNumberOfCalls: 10 })
  return { call: () => breaker.execute(fn), isClosed: () => breaker.state === 'closed', openMs: () => breaker.snapshot().openForMs }
}

function opossum (fn: () => Promise<unknown>): Patient {
  const breaker = new Opossum(fn, { resetTimeout: OPEN_MS })
  return { call: () => breaker.fire(), isClosed: () => breaker.closed, openMs: () => OPEN_MS, stop: () => { breaker.shutdown() } }
}

function cockatiel (fn: () => Promise<unknown>): Patient {
  const policy = circuitBreaker(handleAll, { halfOpenAfter: OPEN_MS, breaker: new ConsecutiveBreaker(10) })
  return { call: () => policy.execute(fn), isClosed: () => policy.state === CircuitState.Closed, openMs: () => OPEN_MS }
}

function mollitia (fn: () => Promise<unknown>): Patient {
  const module = new SlidingCountBreaker({ openStateDelay: OPEN_MS, slidingWindowSize: 10, minimumNumberOfCalls: 10, permittedNumberOfCallsInHalfOpenState: 1 })
  const circuit = new Circuit({ func: fn, options: { modules: [module] } })
  return { call: () => circuit.execute(), isClosed: () => module.state === 'closed', openMs: () => OPEN_MS }
}
