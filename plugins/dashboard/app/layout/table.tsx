import type { ComponentChildren, JSX } from 'preact'

export interface Column<Row> {
  readonly name: string
  /** What the cell stands for, unrounded: also what the column is sorted by. */
  readonly raw: (row: Row) => number | string | null
  /** What the cell shows; the raw value where there is none. */
  readonly show?: (row: Row) => ComponentChildren
  /** Such as `number` (the default for all but the first) or `text`. */
  readonly class?: string
  /** What the heading says to a pointer. */
  readonly title?: string
}

/** Rows of figures. The first column names the row. */
export function Table<Row> ({ label, columns, rows, keyOf, rowClass, empty, heading }: {
  readonly label: string
  readonly columns: ReadonlyArray<Column<Row>>
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  readonly rowClass?: (row: Row) => string
  readonly empty: ComponentChildren
  /** How a heading is written, where it can be used for sorting. */
  readonly heading?: (column: Column<Row>) => JSX.Element
}): JSX.Element {
  if (rows.length === 0) return <p class='empty'>{empty}</p>
  return (
    <div class='scroll' role='group' aria-label={label} tabIndex={0}>
      <table>
        <thead><tr>{columns.map((column, index) => heading === undefined ? <th key={column.name} scope='col' class={classOf(column, index)} title={column.title}>{column.name}</th> : heading(column))}</tr></thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} class={rowClass?.(row)}>
              {columns.map((column, index) => index === 0 ? <th key={column.name} scope='row' class={column.class}>{shown(column, row)}</th> : <td key={column.name} class={classOf(column, index)}>{shown(column, row)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function classOf<Row> (column: Column<Row>, index: number): string { return column.class ?? (index === 0 ? 'text' : 'number') }

function shown<Row> ({ raw, show }: Column<Row>, row: Row): JSX.Element {
  const value = raw(row)
  return <data value={value === null ? '' : String(value)}>{show === undefined ? String(value ?? '') : show(row)}</data>
}
