import type { UpstreamView, View } from '../../src/view/view.ts'
import { Ranking } from './ranking.ts'

/** The upstreams as they are shown: those with a breaker that is not closed first, though nothing may be called there. */
export class UpstreamRows {
  readonly #ranking = new Ranking<UpstreamView>({
    keyOf: ({ origin }) => origin,
    weightOf: ({ requests }) => requests,
    quiet: ({ origin }) => quiet(origin)
  })

  update ({ upstreams, protections, at }: Pick<View, 'upstreams' | 'protections' | 'at'>): readonly UpstreamView[] {
    // Breakers are named by the origin where nobody has named them otherwise.
    const broken = new Set(protections.filter(({ kind, level }) => kind === 'circuit-breaker' && level !== 'ok').flatMap(({ name, origins = [name] }) => origins).filter((origin) => /^https?:\/\//.test(origin)))
    const called = new Set(upstreams.map(({ origin }) => origin))
    const rows = [...upstreams, ...[...broken].filter((origin) => !called.has(origin)).map(quiet)]
    return this.#ranking.update(rows, at).toSorted((a, b) => Number(broken.has(b.origin)) - Number(broken.has(a.origin)))
  }

  clear (): void {
    this.#ranking.clear()
  }
}

function quiet (origin: string): UpstreamView {
  return { origin, requests: 0, errorShare: 0, p50: null, p99: null, inFlight: 0 }
}
