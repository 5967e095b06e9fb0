import { useComputed } from '@preact/signals'
import type { ReadonlySignal } from '@preact/signals'
import type { ComponentChildren, JSX } from 'preact'
import { useRef } from 'preact/hooks'

export interface LiveColumn<Row> {
  readonly name: string
  /** What the cell stands for, unrounded. */
  readonly raw: (row: Row) => number | string | null
  readonly text: (row: Row) => string
  /** Such as `number` (the default for all but the first) or `text`. */
  readonly class?: string
  /** What the heading says to a pointer. */
  readonly title?: string
  /** Class of the figure where it is worth a colour. */
  readonly tone?: (row: Row) => string
  readonly href?: (row: Row) => string
  /** From 0 to 1: a bar behind the figure. */
  readonly share?: (row: Row) => number
}

interface Rows<Row> {
  readonly columns: ReadonlyArray<LiveColumn<Row>>
  readonly rows: ReadonlySignal<readonly Row[]>
  readonly keyOf: (row: Row) => string
}

/** Rows of figures that change every second: only the texts that have changed are written, and nothing else is looked at. */
export function LiveTable<Row> ({ label, columns, rows, keyOf, empty }: Rows<Row> & { readonly label: string, readonly empty: ComponentChildren }): JSX.Element {
  const keys = useComputed(() => JSON.stringify(rows.value.map(keyOf)))
  // Read, so that it is drawn anew when other rows are shown.
  if (keys.value === '[]') return <p class='empty'>{empty}</p>
  return (
    <div class='scroll' role='group' aria-label={label} tabIndex={0}>
      <table class='live'>
        <thead><tr>{columns.map((column, index) => <th key={column.name} scope='col' class={classOf(column, index)} title={column.title}>{column.name}</th>)}</tr></thead>
        <tbody>{rows.peek().map((row) => <LiveRow key={keyOf(row)} of={row} columns={columns} rows={rows} keyOf={keyOf} />)}</tbody>
      </table>
    </div>
  )
}

function LiveRow<Row> ({ of, columns, rows, keyOf }: Rows<Row> & { readonly of: Row }): JSX.Element {
  const latest = useRef(of)
  const key = keyOf(of)
  const row = useComputed(() => (latest.current = rows.value.find((candidate) => keyOf(candidate) === key) ?? latest.current))
  return <tr>{columns.map((column, index) => index === 0 ? <th key={column.name} scope='row' class={column.class}><Cell column={column} row={row} /></th> : <td key={column.name} class={classOf(column, index)}><Cell column={column} row={row} /></td>)}</tr>
}

function Cell<Row> ({ column: { raw, text, tone, href, share }, row }: { readonly column: LiveColumn<Row>, readonly row: ReadonlySignal<Row> }): JSX.Element {
  const value = useComputed(() => String(raw(row.value) ?? ''))
  const shown = useComputed(() => text(row.value))
  const style = useComputed(() => tone?.(row.value) ?? '')
  return (
    <data value={value} class={style}>
      {href !== undefined ? <Link href={href} row={row} text={value} shown={shown} /> : share !== undefined ? <Bar share={share} row={row} shown={shown} /> : shown}
    </data>
  )
}

function Link<Row> ({ href, row, text, shown }: { readonly href: (row: Row) => string, readonly row: ReadonlySignal<Row>, readonly text: ReadonlySignal<string>, readonly shown: ReadonlySignal<string> }): JSX.Element {
  const address = useComputed(() => href(row.value))
  return <a href={address} title={text}>{shown}</a>
}

/** A figure with its share of the whole behind it. */
function Bar<Row> ({ share, row, shown }: { readonly share: (row: Row) => number, readonly row: ReadonlySignal<Row>, readonly shown: ReadonlySignal<string> }): JSX.Element {
  const style = useComputed(() => `width: ${(share(row.value) * 100).toFixed(1)}%`)
  return <span class='bar'><i style={style} /><span>{shown}</span></span>
}

function classOf<Row> (column: LiveColumn<Row>, index: number): string { return column.class ?? (index === 0 ? 'text' : 'number') }
