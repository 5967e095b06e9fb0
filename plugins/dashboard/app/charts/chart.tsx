import { useComputed, useSignal } from '@preact/signals'
import type { Signal } from '@preact/signals'
import type { ComponentChildren, JSX } from 'preact'
import { Later } from '../layout/later.tsx'
import { shownIndex } from './chart-frame.ts'
import type { ChartFrame } from './chart-frame.ts'

/** A column of a chart's table. */
export interface TableColumn {
  readonly column: string
  readonly label: string
  readonly write: (value: number | null) => string
}

/** One chart: its name, what it reads at the cursor, the plot, and the same as a table on demand. */
export function Chart ({ frame, name, readout, table, children }: {
  readonly frame: ChartFrame
  readonly name: string
  readonly readout: ComponentChildren
  readonly table: readonly TableColumn[]
  readonly children: ComponentChildren
}): JSX.Element {
  const tabled = useSignal(false)
  return (
    <figure class='chart' aria-label={name}>
      <figcaption>
        <span class='chart-name'>{name}</span>
        <span class='readout'>{readout}</span>
        <TableButton tabled={tabled} name={name} />
      </figcaption>
      {children}
      {tabled.value && <Later show={({ ChartTable }) => <ChartTable frame={frame} name={name} columns={table} />} />}
    </figure>
  )
}

/** A figure at the cursor: only its text changes. */
export function Reading ({ frame, column, label, write, class: style }: TableColumn & { readonly frame: ChartFrame, readonly class: string }): JSX.Element {
  const text = useComputed(() => {
    const index = shownIndex(frame)
    return write(frame.columns.value.column(column)[index] ?? NaN)
  })
  return <span class={`reading of-${style}`}>{label} <b>{text}</b></span>
}

function TableButton ({ tabled, name }: { readonly tabled: Signal<boolean>, readonly name: string }): JSX.Element {
  return (
    <button type='button' class='quiet' aria-pressed={tabled.value} title={`${name} as a table`} onClick={() => { tabled.value = !tabled.value }}>Table</button>
  )
}
