import type { JSX } from 'preact'
import { Panel } from '../layout/panel.tsx'
import { apiUrl } from '../state/api.ts'
import { millisecondsText, numberText, timeText } from '../state/format.ts'
import { serverNow } from '../state/history.ts'
import type { HistoryAnswer } from '../state/history-answer.ts'
import { marks, stepOf } from '../state/live.ts'
import { instance, range, setParams } from '../state/navigation.ts'
import { Fault } from './fault.tsx'
import { HistoryChart } from './history-chart.tsx'
import { usePolled } from './polled.ts'

const EVERY_MS = 2000
const TABLED = 120

/** One route or upstream over time: `of` as the history knows it. */
export function TrafficDetail ({ title, of }: { readonly title: string, readonly of: string }): JSX.Element {
  const { data: answer, fault } = usePolled<HistoryAnswer>(() => apiUrl('history', { of, from: serverNow() - range.value * 1000, step: stepOf(range.value), instance: instance.value }), EVERY_MS)
  const shared = { answer, marks }
  return (
    <Panel title={title} class='detail' note={<>drag to zoom, double click to see all <button type='button' onClick={() => { setParams({ of: '' }) }}>Close</button></>}>
      <Fault of={fault} />
      {answer.value?.at.length === 0 && <p class='empty'>No history of it on the instance that answers.</p>}
      <div class='history-charts'>
        <HistoryChart {...shared} name='Requests per second' write={numberText} least={1} lines={[{ column: 'requests', label: 'all', colour: 'accent', filled: true }, { column: 'errors', label: 'errors', colour: 'critical' }]} />
        <HistoryChart {...shared} name='Latency' write={millisecondsText} least={1} lines={[{ column: 'p99', label: 'P99', colour: 'accent', filled: true }, { column: 'p50', label: 'P50', colour: 'ink' }]} />
        <HistoryChart {...shared} name='In flight' write={numberText} least={4} lines={[{ column: 'inFlight', label: 'requests', colour: 'accent', filled: true }]} />
      </div>
      {answer.value !== undefined && answer.value.at.length > 0 && <details><summary>As a table</summary><DetailTable title={title} answer={answer.value} /></details>}
    </Panel>
  )
}

const WRITERS = { requests: numberText, errors: numberText, p50: millisecondsText, p99: millisecondsText, inFlight: numberText }

function DetailTable ({ title, answer: { at, step, columns } }: { readonly title: string, readonly answer: HistoryAnswer }): JSX.Element {
  const newest = at.slice(-TABLED).map((begin, i) => ({ begin, index: Math.max(0, at.length - TABLED) + i })).reverse()
  return (
    <div class='scroll chart-table' role='group' aria-label={`${title} in figures`} tabIndex={0}>
      <table>
        <caption>{title}</caption>
        <thead><tr><th scope='col'>Time (UTC)</th><th scope='col'>Requests/s</th><th scope='col'>Errors/s</th><th scope='col'>P50</th><th scope='col'>P99</th><th scope='col'>In flight</th></tr></thead>
        <tbody>
          {newest.map(({ begin, index }) => (
            <tr key={begin}><th scope='row'>{timeText(begin + step)}</th>{Object.entries(WRITERS).map(([column, write]) => <td key={column}>{write(columns[column]?.[index] ?? null)}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
