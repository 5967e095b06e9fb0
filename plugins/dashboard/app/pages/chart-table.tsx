import type { JSX } from 'preact'
import type { TableColumn } from '../charts/chart.tsx'
import type { ChartFrame } from '../charts/chart-frame.ts'
import { dependOn } from '../state/depend-on.ts'
import { isoText, timeText } from '../state/format.ts'

const SHOWN = 120

/** What a chart draws, in figures; newest first. */
export function ChartTable ({ frame, name, columns }: { readonly frame: ChartFrame, readonly name: string, readonly columns: readonly TableColumn[] }): JSX.Element {
  dependOn(frame.tick)
  const { at } = frame.columns.value
  const indices = Array.from({ length: Math.min(SHOWN, at.length) }, (_, i) => at.length - 1 - i)
  return (
    <div class='scroll chart-table' role='group' aria-label={`${name} in figures`} tabIndex={0}>
      <table>
        <caption>{name}</caption>
        <thead><tr><th scope='col'>Time (UTC)</th>{columns.map(({ column, label }) => <th key={column} scope='col' class='number'>{label}</th>)}</tr></thead>
        <tbody>
          {indices.map((index) => (
            <tr key={at[index]}>
              <th scope='row'><time dateTime={isoText(at[index] ?? NaN)}>{timeText(at[index] ?? NaN)}</time></th>
              {columns.map(({ column, write }) => <td key={column} class='number'>{write(frame.columns.value.column(column)[index] ?? NaN)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
