import { LatencyHistogram, LatencyWindow } from '@plimsoll/core'
import type { FrameSource, RouteFigures } from '@plimsoll/core'

/** Routes whose durations are given, not measured: so that who gave them can say what has to come out. */
export class RecordedRoutes implements FrameSource {
  readonly name = 'recorded'
  readonly #histograms = new Map<string, { readonly histogram: LatencyHistogram, readonly window: LatencyWindow }>()

  record (route: string, ms: number): void {
    const known = this.#histograms.get(route)
    if (known !== undefined) known.histogram.record(ms)
    else {
      const histogram = new LatencyHistogram()
      this.#histograms.set(route, { histogram, window: new LatencyWindow(histogram) })
      histogram.record(ms)
    }
  }

  begin (): void { for (const { window } of this.#histograms.values()) window.next() }

  collect (): { readonly routes: readonly RouteFigures[] } {
    const routes = Array.from(this.#histograms, ([route, { window }]): RouteFigures => ({ method: 'RECORDED', route, inFlight: 0, classes: { '2xx': { ...window.next(), requestBytes: 0, responseBytes: 0 } } }))
    return { routes: routes.filter(({ classes }) => classes['2xx']!.count > 0) }
  }

  end (): void {}
}
