/** Routes that are told apart; the others' work counts as none of theirs. */
const MAX_ROUTES = 16
/** Index of what is done in a second whatever comes: timers, collections, other protocols. */
const REST = MAX_ROUTES
const WIDTH = MAX_ROUTES + 1
/** What is half a minute old counts for a third. */
const KEEP = Math.exp(-1 / 30)
/** How much the guess counts beside what was seen, for a route and for what is no request's: the latter may be anything. */
const ROUTE_GUESS = 0.2
const REST_GUESS = 0.01
const SWEEPS = 60

/** A route with the number of its requests in one second. */
export interface Load {
  readonly name: string
  readonly requests: number
  readonly timeMs: number
}

/** What may be said of one route's work on the loop, in milliseconds a request. */
export interface CostBounds {
  /** As it is thought to be. */
  readonly guess: number
  readonly least: number
  readonly most: number
}

/** What a route's requests take of the loop. */
export interface LoopUse {
  /** Milliseconds of one request. */
  readonly costMs: number
  /** Milliseconds of each second, of all its requests. */
  readonly shareMs: number
  /** Standard error of the cost, in milliseconds. */
  readonly errorMs: number
}

/**
 * How many milliseconds of the event loop one request of each route takes. Nothing measures that: a route's duration is
 * mostly waiting, for upstreams and for the loop itself. But seconds with more requests of a route are busier by what they
 * cost, so it is the least-squares solution of `busy = rest + Σ cost · requests` over the last half minute, with costs
 * from 0 to what the caller knows, by coordinate descent. Some weight on the caller's guess decides what the figures leave
 * open (Tikhonov regularisation): the more often a route is called, the less its numbers vary, and the more that counts.
 */
export class LoopShares {
  /** Sums of products of the requests, and of them with the busy time, older ones less. */
  readonly #products: Float64Array = new Float64Array(WIDTH * WIDTH)
  readonly #busy: Float64Array = new Float64Array(WIDTH)
  readonly #time: Float64Array = new Float64Array(MAX_ROUTES)
  /** Sum of the squares of the busy times. */
  #squares = 0
  readonly #names: string[] = []

  /** What was before was different. */
  restart (): void {
    for (const figures of [this.#products, this.#busy, this.#time]) figures.fill(0)
    this.#squares = 0
  }

  /** Seconds that it knows of, older ones less. */
  get seconds (): number { return this.#products[REST * WIDTH + REST]! }

  /** One second: so many milliseconds in which the loop did not wait. */
  add (busyMs: number, seconds: number, loads: readonly Load[]): void {
    for (const figures of [this.#products, this.#busy, this.#time]) for (let at = 0; at < figures.length; at++) figures[at] = figures[at]! * KEEP
    this.#squares = this.#squares * KEEP + busyMs * busyMs
    const requests = new Float64Array(WIDTH)
    requests[REST] = seconds
    for (const load of loads) {
      const at = this.#slotOf(load)
      if (at === undefined) continue
      requests[at] = requests[at]! + load.requests
      this.#time[at] = this.#time[at]! + load.timeMs
    }
    for (let a = 0; a < WIDTH; a++) {
      if (requests[a] === 0) continue
      this.#busy[a] = this.#busy[a]! + requests[a]! * busyMs
      for (let b = 0; b < WIDTH; b++) this.#products[a * WIDTH + b] = this.#products[a * WIDTH + b]! + requests[a]! * requests[b]!
    }
  }

  /**
   * Milliseconds of each second that the requests of each route take.
   *
   * @param boundsOf of a route's cost
   * @param rest the same of what is no request's, in milliseconds a second
   */
  solve (boundsOf: (name: string) => CostBounds, rest: CostBounds): Map<string, LoopUse> {
    const { seconds } = this
    if (seconds === 0) return new Map()
    const bounds = [...this.#names.map(boundsOf), ...new Array<CostBounds>(MAX_ROUTES - this.#names.length).fill({ guess: 0, least: 0, most: 0 }), rest]
    const costs = bounds.map(({ guess, most }) => Math.min(guess, most))
    for (let sweep = 0; sweep < SWEEPS; sweep++) for (let at = 0; at < WIDTH; at++) costs[at] = this.#costAt(at, costs, bounds[at]!)
    const unexplained = this.#unexplained(costs)
    return new Map(this.#names.map((name, at) => {
      const costMs = costs[at]!
      const requests = this.#products[at * WIDTH + REST]!
      // How much the numbers of requests vary: what a cost can be told by.
      const variation = this.#products[at * WIDTH + at]! - requests * requests / seconds
      return [name, { costMs, shareMs: costMs * requests / seconds, errorMs: Math.sqrt(unexplained / Math.max(variation, 1e-9)) }]
    }))
  }

  /** Variance of the busy time that the costs leave, in square milliseconds. */
  #unexplained (costs: readonly number[]): number {
    let left = this.#squares
    for (let a = 0; a < WIDTH; a++) {
      left -= 2 * costs[a]! * this.#busy[a]!
      for (let b = 0; b < WIDTH; b++) left += costs[a]! * costs[b]! * this.#products[a * WIDTH + b]!
    }
    return Math.max(0, left) / Math.max(1, this.seconds - 2)
  }

  #costAt (at: number, costs: readonly number[], { guess, least, most }: CostBounds): number {
    const own = this.#products[at * WIDTH + at]!
    if (own === 0) return 0
    const weight = at === REST ? REST_GUESS : ROUTE_GUESS
    let left = this.#busy[at]! + weight * own * guess
    for (let other = 0; other < WIDTH; other++) if (other !== at) left -= this.#products[at * WIDTH + other]! * costs[other]!
    return Math.max(least, Math.min(most, left / ((1 + weight) * own)))
  }

  /** The routes that take most time have a place; what takes more than the least of them gets it. */
  #slotOf ({ name, timeMs }: Load): number | undefined {
    const known = this.#names.indexOf(name)
    if (known >= 0) return known
    if (this.#names.length < MAX_ROUTES) return this.#names.push(name) - 1
    const least = this.#time.indexOf(Math.min(...this.#time))
    if (timeMs <= this.#time[least]!) return undefined
    this.#names[least] = name
    this.#time[least] = this.#busy[least] = 0
    for (let other = 0; other < WIDTH; other++) this.#products[least * WIDTH + other] = this.#products[other * WIDTH + least] = 0
    return least
  }
}
