import type { Json } from '@plimsoll/core'
import type { JSX } from 'preact'
import { wordsOf } from '../state/format.ts'
import { asRows, isRecord, keysOf, labelOf, matrixOf, scalarText } from './json-text.ts'
import type { JsonRecord } from './json-text.ts'

const MAX_DEPTH = 8
const MAX_ROWS = 100
const MAX_COLUMNS = 14

/** Any snapshot, drawn by its shape: objects as definition lists, arrays of objects as tables. All of it is text. */
export function JsonView ({ value, name = '', now, depth = 0 }: { readonly value: Json, readonly name?: string, readonly now: number, readonly depth?: number }): JSX.Element {
  if (depth > MAX_DEPTH) return <>…</>
  const rows = asRows(value)
  if (rows !== undefined) return <RowsView rows={rows} name={name} now={now} depth={depth} />
  if (isRecord(value)) return <RecordView record={value} now={now} depth={depth} />
  if (typeof value === 'object' && value !== null) return <ListView values={value} name={name} now={now} depth={depth} />
  return <span class={typeof value === 'boolean' ? `flag is-${value}` : undefined}>{scalarText(name, value, now)}</span>
}

function RecordView ({ record, now, depth }: { readonly record: JsonRecord, readonly now: number, readonly depth: number }): JSX.Element {
  const matrix = matrixOf(record)
  const inMatrix = new Set(matrix.map(([name]) => name))
  const entries = Object.entries(record).filter(([name]) => !inMatrix.has(name))
  if (entries.length + matrix.length === 0) return <span class='empty'>none</span>
  return (
    <dl class='record'>
      {entries.map(([key, value]) => (
        <div key={key} class={isWide(value) ? 'wide' : undefined}>
          <dt title={key}>{labelOf(key)}</dt>
          <dd><JsonView value={value} name={key} now={now} depth={depth + 1} /></dd>
        </div>
      ))}
      {matrix.length > 0 && (
        <div class='wide'>
          <dt class='unseen'>by name</dt>
          <dd><RowsView rows={matrix.map(([name, figures]) => ({ '': labelOf(name), ...figures }))} name='by name' now={now} depth={depth + 1} /></dd>
        </div>
      )}
    </dl>
  )
}

function RowsView ({ rows, name, now, depth }: { readonly rows: readonly JsonRecord[], readonly name: string, readonly now: number, readonly depth: number }): JSX.Element {
  const keys = keysOf(rows).slice(0, MAX_COLUMNS)
  const isNumber = (key: string): boolean => rows.every((row) => typeof row[key] === 'number' || row[key] === null || row[key] === undefined)
  return (
    <div class='scroll' role='group' aria-label={wordsOf(name) || 'table'} tabIndex={0}>
      <table class='auto'>
        <thead><tr>{keys.map((key) => <th key={key} scope='col' class={isNumber(key) ? 'number' : 'text'} title={key}>{key === '' ? <span class='unseen'>name</span> : labelOf(key)}</th>)}</tr></thead>
        <tbody>
          {rows.slice(0, MAX_ROWS).map((row, index) => (
            <tr key={index}>{keys.map((key) => <td key={key} class={isNumber(key) ? 'number' : 'text'}>{row[key] === undefined ? '' : <JsonView value={row[key]} name={key} now={now} depth={depth + 1} />}</td>)}</tr>
          ))}
        </tbody>
      </table>
      {rows.length > MAX_ROWS && <p class='empty'>and {rows.length - MAX_ROWS} more</p>}
    </div>
  )
}

function ListView ({ values, name, now, depth }: { readonly values: readonly Json[], readonly name: string, readonly now: number, readonly depth: number }): JSX.Element {
  if (values.length === 0) return <span class='empty'>none</span>
  return (
    <ul class='list'>
      {values.slice(0, MAX_ROWS).map((value, index) => <li key={index}><JsonView value={value} name={name} now={now} depth={depth + 1} /></li>)}
      {values.length > MAX_ROWS && <li>and {values.length - MAX_ROWS} more</li>}
    </ul>
  )
}

function isWide (value: Json): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0 && !(Array.isArray(value) && value.every((item) => typeof item !== 'object'))
}
