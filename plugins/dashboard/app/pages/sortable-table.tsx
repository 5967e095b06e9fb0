import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { Table } from '../layout/table.tsx'
import type { Column } from '../layout/table.tsx'

/** A table whose headings sort it: numbers largest first, names from A. */
export function SortableTable<Row> ({ columns, rows, by, ...rest }: {
  readonly label: string
  readonly columns: ReadonlyArray<Column<Row>>
  readonly rows: readonly Row[]
  /** Name of the column it is sorted by at first; none keeps the order. */
  readonly by?: string
  readonly keyOf: (row: Row) => string
  readonly rowClass?: (row: Row) => string
  readonly empty: string
}): JSX.Element {
  const order = useSignal<{ readonly name: string, readonly reversed: boolean } | undefined>(by === undefined ? undefined : { name: by, reversed: false })
  const chosen = columns.find(({ name }) => name === order.value?.name)
  const sorted = chosen === undefined ? rows : [...rows].sort((a, b) => compare(chosen.raw(a), chosen.raw(b)) * (order.value?.reversed === true ? -1 : 1))
  const heading = ({ name, class: style, title, raw }: Column<Row>): JSX.Element => {
    const isChosen = name === chosen?.name
    const numeric = rows.some((row) => typeof raw(row) === 'number')
    const descending = numeric !== (order.value?.reversed === true)
    return (
      <th key={name} scope='col' class={style ?? (columns[0]?.name === name ? 'text' : 'number')} title={title} aria-sort={isChosen ? descending ? 'descending' : 'ascending' : undefined}>
        <button type='button' class='sort' onClick={() => { order.value = { name, reversed: isChosen && order.value?.reversed === false } }}>{name}<span aria-hidden='true'>{isChosen ? descending ? ' ↓' : ' ↑' : ''}</span></button>
      </th>
    )
  }
  return <Table {...rest} columns={columns} rows={sorted} heading={heading} />
}

// What has no figure is last.
function compare (a: number | string | null, b: number | string | null): number {
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0
  return (typeof b === 'number' ? b : -Infinity) - (typeof a === 'number' ? a : -Infinity) || 0
}
