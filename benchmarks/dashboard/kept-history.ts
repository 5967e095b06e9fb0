import plimsoll, { ensureCore } from '@plimsoll/core'
import type { Core, FramePart, FrameSource } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'
import type { FakeClock } from '@plimsoll/core/testing'
import dashboard from '@plimsoll/dashboard'
import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { medianInterval } from '../cost/interval.ts'
import type { Interval } from '../cost/interval.ts'
import { progress } from '../overload/progress.ts'
import type { Row } from '../overload/row.ts'
import { BusyService } from './busy-service.ts'

const ROUTES = 50
const HISTORY_SECONDS = 900
const SECONDS_A_BLOCK = 60

interface Kept { readonly app: FastifyInstance, readonly core: Core, readonly clock: FakeClock }

/** What the option `history` costs while nobody looks: a frame a second, and its columns. Seconds pass on a fake clock. */
export async function keptHistoryRows (blocks: number): Promise<Row[]> {
  const [without, again, kept] = [await service(0), await service(0), await service(HISTORY_SECONDS)]
  progress('history: filling it')
  pass(kept, HISTORY_SECONDS)
  const costs: number[] = []
  const nulls: number[] = []
  for (let block = 1; block <= blocks; block++) {
    progress(`history: block ${block} of ${blocks}`)
    const nothing = pass(without, SECONDS_A_BLOCK)
    costs.push(pass(kept, SECONDS_A_BLOCK) - nothing)
    nulls.push(pass(again, SECONDS_A_BLOCK) - nothing)
  }
  const { history } = kept.core.frames
  const bytes = history?.bytes ?? NaN
  await Promise.all([without, again, kept].map(async ({ app }) => { await app.close() }))
  return [
    { section: 'history', what: `CPU a second of keeping history all the time, ${ROUTES} busy routes`, figure: shown(medianInterval(costs)), peers: {}, target: '', noise: shown(medianInterval(nulls)), verdict: 'shown', note: 'against the same service that keeps none', values: { costs, nulls } },
    { section: 'history', what: `memory of ${HISTORY_SECONDS} s of it`, figure: `${(bytes / 1e6).toFixed(1)} MB`, peers: {}, target: '', noise: '', verdict: 'shown', values: { bytes } }
  ]
}

async function service (history: number): Promise<Kept> {
  const app = fastify()
  const clock = fakeClock()
  const core = ensureCore(app, { clock })
  core.frames.addSource(new SameFigures())
  app.register(plimsoll, { lifeCycle: { signals: [] }, admin: { prefix: '/plimsoll', auth: () => undefined } })
  app.register(dashboard, { history })
  await app.ready()
  return { app, core, clock }
}

/** Microseconds of CPU for each of so many seconds. */
function pass ({ clock }: Kept, seconds: number): number {
  const before = process.cpuUsage()
  for (let second = 0; second < seconds; second++) clock.advance(1000)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / seconds
}

/** Made once: to make them up costs more than to keep them. */
class SameFigures implements FrameSource {
  readonly name = 'same figures'
  readonly #part: FramePart = new BusyService(ROUTES).collect()
  begin (): void {}
  collect (): FramePart { return this.#part }
  end (): void {}
}

function shown ({ median, low, high }: Interval): string {
  return `${median.toFixed(0)} µs (95 %: ${low.toFixed(0)} … ${high.toFixed(0)})`
}
