import type { Mark, View } from '../../../plugins/dashboard/src/view/view.ts'
import type { Random } from '../../../tools/load/random.ts'

/**
 * A busy service's views, one after the other: 50 routes and 10 upstreams whose figures all change each second around what
 * is usual for them (few have most of the traffic, as in services), a mark now and then, alerts that come and go.
 */
export class VariedViews {
  readonly #first: View
  readonly #random: Random
  #count = 0
  #level = 200

  /** `at` of the first is the one of `first`. */
  constructor (first: View, random: Random) {
    this.#first = first
    this.#random = random
  }

  next (): View {
    const n = this.#count++
    this.#level = Math.max(1, this.#level * (0.95 + 0.1 * this.#random()))
    const { instance = 'a' } = this.#first.instances[0] ?? {}
    const at = this.#first.at + n * 1000
    const worst = (value: number): { value: number, instance: string } => ({ value: value * this.#random(), instance })
    return {
      ...this.#first,
      id: this.#first.id + n,
      at,
      traffic: { requests: this.#level, errorShare: this.#random() / 50, refused: this.#random() * 5, aborted: 0, p50: this.#ms(5), p95: this.#ms(40), p99: this.#ms(90), inFlight: Math.round(this.#level / 20), openStreams: 3 },
      saturation: { loop: worst(1), loopDelay: worst(80), cpu: worst(2), heapFloor: worst(2e8), memory: worst(1), gc: worst(0.2), gcPause: worst(50) },
      heat: Array.from({ length: 20 }, (_, i) => [i + 15, 1 + Math.floor(this.#random() * 200)]).flat(),
      routes: Array.from({ length: 50 }, (_, i) => {
        const share = (0.8 + 0.4 * this.#random()) / (i + 1)
        return { method: 'GET', route: `/items${i}/:id`, requests: this.#level * share / 4, errorShare: this.#random() / 20, refused: 0, p50: this.#ms(5), p95: this.#ms(20), p99: this.#ms(60), inFlight: i % 5, time: this.#level * share * 2 }
      }).sort((a, b) => b.time - a.time),
      upstreams: Array.from({ length: 10 }, (_, i) => ({ origin: `https://service-${i}.internal`, requests: this.#random() * 20, errorShare: 0, p50: this.#ms(8), p99: this.#ms(50), inFlight: i })),
      marks: n % 60 === 59 ? [this.#mark(at, n)] : [],
      alerts: n % 200 > 100 ? [{ rule: 'latency-threshold', state: 'firing', severity: 'critical', instance, since: at - (n % 200 - 100) * 1000, summary: `P99 of GET /items${Math.floor(n / 200) % 50}/:id is high` }] : []
    }
  }

  #ms (around: number): number { return around * (0.5 + this.#random()) }

  #mark (at: number, n: number): Mark {
    return { at, kind: 'journal', severity: 'info', instance: 'a', component: 'deployment', event: 'deployed', text: `version ${n}` }
  }
}
