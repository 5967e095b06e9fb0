import type { JSX } from 'preact'
import type { LiveColumn } from '../layout/live-table.tsx'
import type { Column } from '../layout/table.tsx'

/** Columns of the overview in a table that sorts. */
export function sortable<Row> (columns: ReadonlyArray<LiveColumn<Row>>): ReadonlyArray<Column<Row>> {
  return columns.map(({ text, tone, href, share, ...column }) => ({
    ...column,
    show: (row) => href !== undefined ? <a href={href(row)} title={String(column.raw(row))}>{text(row)}</a> : share !== undefined ? <Bar share={share(row)} text={text(row)} /> : <span class={tone?.(row)}>{text(row)}</span>
  }))
}

function Bar ({ share, text }: { readonly share: number, readonly text: string }): JSX.Element {
  return <span class='bar'><i style={{ width: `${share * 100}%` }} /><span>{text}</span></span>
}
