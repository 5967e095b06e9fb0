import type { AlgorithmName } from '../src/algorithms/index.ts'

// What each algorithm promises, said without knowing how it counts: about the times at which requests were let through, and
// refused. All times are whole milliseconds.

export const LIMIT = 5
export const WINDOW = 1000
const INTERVAL = WINDOW / LIMIT
const SLICE = WINDOW / 10

export interface History {
  readonly admitted: readonly number[]
  /** Each with the number of those let through before it. */
  readonly refused: ReadonlyArray<{ readonly at: number, readonly after: number }>
}

/** Says what broke it. */
export type Promised = (history: History) => string | undefined

/** Most requests in any stretch [s, s + ms). */
type Curve = (ms: number) => number

const bucketCurve = (burst: number): Curve => ms => burst + Math.ceil(ms / INTERVAL) - 1

export const curves: Readonly<Record<AlgorithmName, Curve>> = {
  gcra: bucketCurve(LIMIT),
  'token-bucket': bucketCurve(LIMIT),
  'leaky-bucket': bucketCurve(1),
  'sliding-window': ms => LIMIT * Math.ceil(ms / WINDOW),
  'fixed-window': ms => ms <= WINDOW ? 2 * LIMIT - 1 : Infinity
}

/** No stretch of time holds more than the curve. */
function atMost (curve: Curve): Promised {
  return ({ admitted }) => {
    for (let first = 0; first < admitted.length; first++) {
      for (let last = first; last < admitted.length; last++) {
        const ms = admitted[last]! - admitted[first]! + 1
        if (last - first + 1 > curve(ms)) return `${last - first + 1} let through in ${ms} ms`
      }
    }
    return undefined
  }
}

/** Nobody is refused who would have stayed under the curve. */
function refusesOnlyAbove (curve: Curve): Promised {
  return ({ admitted, refused }) => {
    const wrong = refused.find(({ at, after }) => {
      for (let first = 0; first < after; first++) if (after - first + 1 > curve(at - admitted[first]! + 1)) return false
      return true
    })
    return wrong === undefined ? undefined : `refused at ${wrong.at} although it fitted`
  }
}

/** Nobody is refused who has sent fewer than the limit within so many milliseconds. */
function refusesOnlyAfterLimitIn (ms: number): Promised {
  return ({ admitted, refused }) => {
    const wrong = refused.find(({ at, after }) => admitted.slice(0, after).filter(time => time > at - ms).length < LIMIT)
    return wrong === undefined ? undefined : `refused at ${wrong.at} with fewer than ${LIMIT} in ${ms} ms`
  }
}

/** Windows follow one another, each with the whole limit: nobody is refused before it is used up. */
const refusesOnlyInUsedUpWindow: Promised = ({ admitted, refused }) => {
  for (const { at, after } of refused) {
    let begun = -Infinity
    let count = 0
    for (const time of admitted.slice(0, after)) {
      if (time >= begun + WINDOW) {
        begun = time
        count = 0
      }
      count++
    }
    if (at >= begun + WINDOW || count < LIMIT) return `refused at ${at} in a window with ${at >= begun + WINDOW ? 0 : count}`
  }
  return undefined
}

function both (...promises: readonly Promised[]): Promised {
  return history => promises.map(promise => promise(history)).find(broken => broken !== undefined)
}

export const promises: Readonly<Record<AlgorithmName, Promised>> = {
  gcra: both(atMost(curves.gcra), refusesOnlyAbove(curves.gcra)),
  'token-bucket': both(atMost(curves['token-bucket']), refusesOnlyAbove(curves['token-bucket'])),
  'leaky-bucket': both(atMost(curves['leaky-bucket']), refusesOnlyAbove(curves['leaky-bucket'])),
  'sliding-window': both(atMost(curves['sliding-window']), refusesOnlyAfterLimitIn(WINDOW + SLICE)),
  'fixed-window': both(atMost(curves['fixed-window']), refusesOnlyAfterLimitIn(WINDOW), refusesOnlyInUsedUpWindow)
}
