import { lineChart } from './line-chart.ts'
import type { Report } from './report.ts'
import type { LatencySummary, TrafficSummary } from './summary.ts'

/** A page without scripts or anything from elsewhere, that can be mailed and kept. Every text in it is escaped. */
export function reportHtml ({ summary, points, journal }: Report): string {
  const { total, routes, upstreams, figures, instance, from, to } = summary
  const chart = (title: string, unit: string, ...names: readonly string[]): string =>
    lineChart({ title, unit, at: points.at, lines: names.map((name) => ({ name, values: points.columns[name] ?? [] })) })
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(`${instance}, ${instant(from)}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(instance)}</h1>
<p>${escaped(`${instant(from)} to ${instant(to)}: ${total.count} requests (${total.rate.toFixed(1)}/s), ${total.errors} errors (${share(total.errors, total.count)}), ${latencyText(total.latency)}.`)}</p>
${chart('Requests', '/s', 'requests', 'errors', 'refused', 'aborted')}
${chart('Latency', 'ms', 'p50', 'p95', 'p99')}
${chart('In flight', '', 'inFlight', 'openStreams')}
${chart('Event loop', '', 'loopUtilization')}
${chart('Event loop delay', 'ms', 'loopDelayP99', 'loopDelayMax')}
${chart('Memory', 'bytes', 'rss', 'heapUsed', 'heapFloor')}
<h2>Routes</h2>
${trafficTable('Route', routes.map((one) => [`${one.method} ${one.route}`, one]))}
<h2>Upstreams</h2>
${trafficTable('Origin', upstreams.map((one) => [one.origin, one]))}
<h2>Figures of the application</h2>
${table(['Name', 'Type', 'Value', 'P50', 'P99'], figures.map(({ name, type, value, latency }) => [name, type, String(value), ms(latency?.p50), ms(latency?.p99)]))}
<h2>Warnings and errors</h2>
${table(['When', 'Component', 'Event', 'Message'], journal.map(({ at, component, event, message }) => [instant(at), component, event, message]))}
</body>
</html>
`
}

const STYLE = 'body{font:14px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color-scheme:light dark}table{border-collapse:collapse;width:100%}th,td{padding:.2rem .6rem;text-align:right;border-bottom:1px solid #8884}th:first-child,td:first-child{text-align:left}svg{width:100%;height:auto;color:inherit}figure{margin:1rem 0}'

function trafficTable (first: string, rows: ReadonlyArray<readonly [name: string, traffic: TrafficSummary]>): string {
  return table([first, 'Count', 'Per s', 'Errors', 'Refused', 'Aborted', 'Total s', 'P50', 'P95', 'P99', 'P99.9'], rows.map(([name, { count, rate, errors, classes, totalMs, latency }]) => [
    name, String(count), rate.toFixed(1), share(errors, count), share(classes.refused ?? 0, count), share(classes.aborted ?? 0, count), (totalMs / 1000).toFixed(1), ms(latency?.p50), ms(latency?.p95), ms(latency?.p99), ms(latency?.p999)
  ]))
}

function table (head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  if (rows.length === 0) return '<p>None.</p>'
  const cells = (tag: 'th' | 'td', values: readonly string[]): string => `<tr>${values.map((value) => `<${tag}>${escaped(value)}</${tag}>`).join('')}</tr>`
  return `<table><thead>${cells('th', head)}</thead><tbody>${rows.map((row) => cells('td', row)).join('\n')}</tbody></table>`
}

function latencyText (latency: LatencySummary | undefined): string {
  return latency === undefined ? 'nothing served' : `P50 ${ms(latency.p50)}, P95 ${ms(latency.p95)}, P99 ${ms(latency.p99)}`
}

function share (part: number, whole: number): string { return part === 0 ? '0 %' : `${(part / whole * 100).toPrecision(2)} %` }

function ms (value: number | undefined): string { return value === undefined ? '' : `${Number(value.toPrecision(3))} ms` }

function instant (at: number): string { return new Date(at).toISOString().replace('T', ' ').slice(0, 19) }

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function escaped (text: string): string { return text.replace(/[&<>"']/g, (character) => ESCAPES[character]!) }
