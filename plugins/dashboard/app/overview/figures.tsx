import { useComputed } from '@preact/signals'
import type { JSX } from 'preact'
import type { TrafficView } from '../../src/view/view.ts'
import { Sparkline } from '../charts/sparkline.tsx'
import { deltaOf, NO_DELTA } from '../state/delta.ts'
import { dependOn } from '../state/depend-on.ts'
import { writeMilliseconds, writeNumber, writeShare } from '../state/format.ts'
import type { Written } from '../state/format.ts'
import { tick, timeline, view } from '../state/live.ts'
import type { ColumnName } from '../state/live.ts'

interface Figure {
  readonly name: string
  readonly label: string
  readonly column: ColumnName
  readonly of: 'amount' | 'share'
  readonly moreIsWorse: boolean
  readonly read: (traffic: TrafficView) => number | null
  readonly write: (value: number | null) => Written
}

const FIGURES: readonly Figure[] = [
  { name: 'Requests per second', label: 'Requests/s', column: 'requests', of: 'amount', moreIsWorse: false, read: ({ requests }) => requests, write: writeNumber },
  { name: 'Errors', label: 'Errors', column: 'errors', of: 'share', moreIsWorse: true, read: ({ errorShare }) => errorShare, write: writeShare },
  { name: 'P50', label: 'P50', column: 'p50', of: 'amount', moreIsWorse: true, read: ({ p50 }) => p50, write: writeMilliseconds },
  { name: 'P95', label: 'P95', column: 'p95', of: 'amount', moreIsWorse: true, read: ({ p95 }) => p95, write: writeMilliseconds },
  { name: 'P99', label: 'P99', column: 'p99', of: 'amount', moreIsWorse: true, read: ({ p99 }) => p99, write: writeMilliseconds },
  { name: 'In flight', label: 'In flight', column: 'inFlight', of: 'amount', moreIsWorse: false, read: ({ inFlight }) => inFlight, write: writeNumber },
  { name: 'Refused per second', label: 'Refused/s', column: 'refused', of: 'amount', moreIsWorse: true, read: ({ refused }) => refused, write: writeNumber }
]

export function Figures (): JSX.Element {
  return <div class='figures'>{FIGURES.map((figure) => <FigureTile key={figure.name} {...figure} />)}</div>
}

function FigureTile ({ name, label, column, of, moreIsWorse, read, write }: Figure): JSX.Element {
  const raw = useComputed(() => view.value === undefined ? null : read(view.value.traffic))
  const value = useComputed(() => raw.value === null ? '' : String(raw.value))
  const figure = useComputed(() => write(raw.value).figure)
  const unit = useComputed(() => write(raw.value).unit)
  const delta = useComputed(() => {
    dependOn(tick)
    return view.value === undefined ? NO_DELTA : deltaOf(meanOf(column, 0), meanOf(column, 60_000), { of, moreIsWorse })
  })
  const change = useComputed(() => delta.value.text)
  const changeClass = useComputed(() => `delta is-${delta.value.tone}`)
  return (
    <div class='figure' role='group' aria-label={name}>
      <span class='label'>{label}</span>
      <span class={changeClass} title='Against a minute ago'>{change}</span>
      <data value={value}>{figure}<small>{unit}</small></data>
      <Sparkline column={column} />
    </div>
  )
}

/** Mean of five seconds, `ago` milliseconds back. Errors are kept as a rate, and shown as a share. */
function meanOf (column: ColumnName, ago: number): number {
  const to = timeline.value.newest - ago
  const mean = timeline.value.meanBetween(column, to - 5000, to)
  if (column !== 'errors') return mean
  const requests = timeline.value.meanBetween('requests', to - 5000, to)
  return requests > 0 ? mean / requests : requests === 0 ? 0 : NaN
}
