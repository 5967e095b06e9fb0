import type { FrameSource, RouteFigures, UpstreamFigures } from '@plimsoll/core'
import type { AppFigures } from './app-figures.ts'
import type { RequestMonitor } from './request-monitor.ts'
import { TrafficWindows } from './traffic-windows.ts'
import type { UpstreamMonitor } from './upstream-monitor.ts'

/** The monitor's part of core's frames. */
export function monitorSource (requests: RequestMonitor, upstreams: UpstreamMonitor, figures: AppFigures): FrameSource {
  const { slots, slow, traffic } = requests
  const routeWindows = new TrafficWindows(traffic)
  const upstreamWindows = new TrafficWindows(upstreams.traffic)
  return {
    name: 'monitor',
    begin () {
      routeWindows.begin(slots.size)
      upstreamWindows.begin(upstreams.size)
      figures.begin()
      slow.take()
    },
    collect () {
      return {
        routes: active(slots.size, (slot): RouteFigures => ({ ...slots.labelOf(slot), inFlight: traffic.inFlight(slot), classes: routeWindows.next(slot) })),
        upstreams: active(upstreams.size, (slot): UpstreamFigures => ({ origin: upstreams.originOf(slot), inFlight: upstreams.traffic.inFlight(slot), classes: upstreamWindows.next(slot) })),
        figures: figures.next(),
        slow: slow.take()
      }
    },
    end () {
      routeWindows.end()
      upstreamWindows.end()
      figures.end()
    }
  }
}

function active<T extends Pick<RouteFigures, 'inFlight' | 'classes'>> (size: number, figuresOf: (slot: number) => T): T[] {
  return Array.from({ length: size }, (_, slot) => figuresOf(slot)).filter(({ inFlight, classes }) => inFlight > 0 || Object.keys(classes).length > 0)
}
