import { bucketsIn, countIn, quantileOf, totalOf } from '@plimsoll/core'
import { figure, figureOrNull, shareOf, shortText } from './figure.ts'
import type { ObservedFrame } from './observed-frame.ts'
import type { InstanceView } from './view.ts'

const MAX_INSTANCES = 200
const MAX_REASONS = 10

/** Every instance that is known, by name; what a stale one says of itself is of its last second. */
export function instanceViews (observed: readonly ObservedFrame[], self: string): InstanceView[] {
  return observed.map((one) => instanceView(one, self))
    .sort((a, b) => a.instance < b.instance ? -1 : 1)
    .slice(0, MAX_INSTANCES)
}

function instanceView ({ frame, stale }: ObservedFrame, self: string): InstanceView {
  const { instance, at, window, vitals, health, requests: { settled }, routes } = frame
  const total = totalOf(routes.map(({ classes }) => classes))
  const ended = Object.values(settled).reduce((sum, count) => sum + count, 0)
  const errors = settled.reset + settled.timeout + countIn(total, ['5xx'])
  return {
    instance,
    self: instance === self,
    state: stale ? 'stale' : 'live',
    at,
    requests: figure(ended / (window / 1000)),
    errorShare: shareOf(Math.min(errors, ended), ended),
    p99: figureOrNull(quantileOf(bucketsIn(total), 0.99)),
    loop: figure(vitals.eventLoop.utilization),
    cpu: figure(vitals.cpu.used),
    memory: figure(vitals.memory.utilization),
    live: health.live,
    ready: health.ready,
    degraded: health.degraded,
    reasons: health.reasons.slice(0, MAX_REASONS).map(({ component, reason }) => shortText(`${component}: ${reason}`))
  }
}
