import { useComputed } from '@preact/signals'
import type { ReadonlySignal } from '@preact/signals'
import type { JSX } from 'preact'
import { spanFor } from '../charts/axis-scale.ts'
import { Heatmap } from '../charts/heatmap.tsx'
import { LineChart } from '../charts/line-chart.tsx'
import { TimeStack } from '../charts/time-stack.tsx'
import type { ChartFrame, Domain } from '../charts/chart-frame.ts'
import { dependOn } from '../state/depend-on.ts'
import { bytesText, millisecondsText, numberText, shareText } from '../state/format.ts'
import { aloneBefore, marks, tick, timeline, view } from '../state/live.ts'
import { instance, range } from '../state/navigation.ts'
import { serverNow } from '../state/history.ts'
import { Alerts } from './alerts.tsx'
import { Figures } from './figures.tsx'
import { Protections } from './protections.tsx'
import { RecentEvents } from './recent-events.tsx'
import { Status } from './status.tsx'
import { TopRoutes } from './top-routes.tsx'
import { Upstreams } from './upstreams.tsx'

export function Overview (): JSX.Element {
  return (
    <>
      <Status />
      <Figures />
      <div class='glance'>
        <Charts />
        <div class='lists'>
          <TopRoutes />
          <Upstreams />
          <Protections />
          <Alerts />
          <RecentEvents />
        </div>
      </div>
    </>
  )
}

function Charts (): JSX.Element {
  const domain = useComputed(() => {
    dependOn(tick)
    const { newest, oldest } = timeline.value
    if (Number.isNaN(newest)) return { from: serverNow() - range.value * 1000, to: serverNow() }
    return { from: newest - spanFor(newest - oldest, range.value), to: newest }
  })
  const frame: ChartFrame = { columns: timeline, tick, domain }
  return (
    <TimeStack frame={frame} marks={marks} over={<Alone domain={domain} />}>
      <section aria-labelledby='latency'>
        <h2 id='latency' class='unseen'>Latency</h2>
        <Heatmap frame={frame} />
      </section>
      <section aria-labelledby='traffic'>
        <h2 id='traffic' class='unseen'>Traffic</h2>
        <LineChart
          frame={frame} name='Requests' write={numberText} least={10}
          lines={[{ column: 'requests', label: 'all', colour: 'accent', filled: true }, { column: 'refused', label: 'refused', colour: 'warning' }, { column: 'errors', label: 'errors', colour: 'critical' }]}
        />
      </section>
      <section aria-labelledby='saturation'>
        <h2 id='saturation' class='unseen'>Saturation</h2>
        <LineChart frame={frame} name='Event loop' write={shareText} least={1} most={1} whose={() => whose('loop')} lines={[{ column: 'loop', label: 'busy', colour: 'accent', filled: true }]} />
        <LineChart frame={frame} name='Loop delay' write={millisecondsText} least={50} whose={() => whose('loopDelay')} lines={[{ column: 'loopDelay', label: 'longest', colour: 'accent', filled: true }]} />
        <LineChart frame={frame} name='Heap floor' write={bytesText} least={2 ** 25} binary whose={() => whose('heapFloor')} lines={[{ column: 'heapFloor', label: 'after GC', colour: 'accent', filled: true }]} />
        <LineChart frame={frame} name='Garbage collection' write={shareText} least={0.05} most={1} times whose={() => whose('gc')} lines={[{ column: 'gc', label: 'of time', colour: 'accent', filled: true }]} />
      </section>
    </TimeStack>
  )
}

/** Says where the charts go from the past of one instance to the present of all. */
function Alone ({ domain }: { readonly domain: ReadonlySignal<Domain> }): JSX.Element | null {
  const right = useComputed(() => {
    const { from, to } = domain.value
    const { at = 0 } = aloneBefore.value ?? {}
    return at <= from || instance.value !== '' || (view.value?.instances.length ?? 0) < 2 ? '' : `right: ${(to - at) / (to - from) * 100}%`
  })
  const isSeen = useComputed(() => right.value !== '')
  return isSeen.value ? <div class='alone' style={right}>until here only {aloneBefore.value?.instance}</div> : null
}

/** The instance whose figure it is, where there are several. */
function whose (figure: 'loop' | 'loopDelay' | 'heapFloor' | 'gc'): string {
  const { value } = view
  return value === undefined || value.of !== 'all' || value.instances.length < 2 ? '' : value.saturation[figure].instance
}
