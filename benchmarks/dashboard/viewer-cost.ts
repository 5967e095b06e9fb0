import { setTimeout as delay } from 'node:timers/promises'
import { medianInterval } from '../cost/interval.ts'
import type { Interval } from '../cost/interval.ts'
import { progress } from '../overload/progress.ts'
import type { Row, Verdict } from '../overload/row.ts'
import type { Answered } from './viewed-service.ts'
import { ViewedService } from './viewed-service.ts'
import { Viewer } from './viewer.ts'

const VIEWERS = 100
const MOST_US = 60

/** CPU that a hundred viewers more cost a service, per viewer and frame: three processes beside each other, so that they see the same machine. */
export async function viewerCostRows (blocks: number, seconds: number): Promise<Row[]> {
  const services = await Promise.all([ViewedService.start(), ViewedService.start(), ViewedService.start()])
  const [one, again, many] = services
  try {
    await Promise.all([watch(one, 1), watch(again, 1), watch(many, VIEWERS + 1)])
    progress('viewers: warming up')
    await delay(5000)
    const costs: number[] = []
    const nulls: number[] = []
    const frame: number[] = []
    for (let block = 1; block <= blocks; block++) {
      progress(`viewers: block ${block} of ${blocks}`)
      const before = await Promise.all(services.map(async (service) => await service.ask()))
      await delay(seconds * 1000)
      const after = await Promise.all(services.map(async (service) => await service.ask()))
      const [single = NaN, idle = NaN, hundred = NaN] = after.map((figures, i) => cpuPerFrame(before[i], figures))
      costs.push((hundred - single) / VIEWERS)
      nulls.push((idle - single) / VIEWERS)
      frame.push(single)
    }
    const cost = medianInterval(costs)
    const noise = medianInterval(nulls)
    return [
      {
        section: 'viewers',
        what: `CPU of a service for each of ${VIEWERS} viewers more, per frame`,
        figure: shown(cost),
        peers: { 'one viewer, whole process': shown(medianInterval(frame)) },
        target: `upper bound <= ${MOST_US} µs`,
        noise: shown(noise),
        verdict: judgeCost(cost, noise),
        note: 'one viewer against one viewer is the noise, divided by as many; the whole process is vital signs, frame, diagnosis and one viewer',
        values: { costs, nulls, frame }
      }
    ]
  } finally {
    await Promise.all(services.map(async (service) => await service.stop()))
  }
}

async function watch (service: ViewedService, viewers: number): Promise<void> {
  for (let i = 0; i < viewers; i++) await Viewer.watch(service.stream)
}

/** Microseconds of CPU a frame. */
function cpuPerFrame (before: Answered | undefined, { cpu, frames }: Answered): number {
  return before === undefined ? NaN : (cpu - before.cpu) / (frames - before.frames)
}

function judgeCost (cost: Interval, noise: Interval): Verdict {
  // A null that is itself as wide as the target shows nothing.
  if (noise.high - noise.low > MOST_US) return 'inconclusive'
  if (cost.high <= MOST_US) return 'pass'
  return cost.low > MOST_US ? 'miss' : 'inconclusive'
}

function shown ({ median, low, high }: Interval): string {
  return `${median.toFixed(1)} µs (95 %: ${low.toFixed(1)} … ${high.toFixed(1)})`
}
