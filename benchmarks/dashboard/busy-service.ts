import { bucketOf } from '@plimsoll/core'
import type { ClassTable, FramePart, FrameSource } from '@plimsoll/core'
import { seededRandom } from '@plimsoll/core/testing'

const METHODS = ['GET', 'POST', 'PUT', 'DELETE']
const UPSTREAMS = 10
const REQUESTS_A_ROUTE = 40

/** Figures as a busy service has them, without the requests: what is measured is the dashboard, not the traffic. */
export class BusyService implements FrameSource {
  readonly name = 'busy'
  readonly #random = seededRandom(1)
  readonly #routes: number

  constructor (routes: number) {
    this.#routes = routes
  }

  begin (): void {}

  collect (): FramePart {
    return {
      routes: Array.from({ length: this.#routes }, (_, i) => ({ method: METHODS[i % 4] ?? 'GET', route: `/shops/:shop/departments/:department/items${i}/:id`, inFlight: i % 7, classes: this.#classes() })),
      upstreams: Array.from({ length: UPSTREAMS }, (_, i) => ({ origin: `https://service-${i}.internal:8443`, inFlight: i % 3, classes: this.#classes() }))
    }
  }

  end (): void {}

  #classes (): ClassTable {
    return { '2xx': this.#figures(REQUESTS_A_ROUTE), '4xx': this.#figures(2), '5xx': this.#figures(1) }
  }

  /** Log-normal latencies around 8 ms. */
  #figures (count: number): NonNullable<ClassTable['2xx']> {
    const counts = new Map<number, number>()
    let time = 0
    for (let i = 0; i < count; i++) {
      const us = Math.round(8000 * Math.exp(this.#normal()))
      time += us
      const bucket = bucketOf(us)
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1)
    }
    return { count, time, buckets: [...counts].sort(([a], [b]) => a - b).flat(), requestBytes: 0, responseBytes: count * 900 }
  }

  /** Box and Muller, 1958. */
  #normal (): number {
    return Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random())
  }
}
