import { tallyOf } from '../../../tools/load/index.ts'
import type { Report } from '../../../tools/load/index.ts'
import type { PaymentProvider } from '../payment/payment-provider.ts'
import type { Shop, Side } from './shop.ts'
import { CRITICAL, SCRAPER } from './traffic.ts'

/** What one side's run has left where it can be asked. */
export interface Traces {
  /** Payments that the provider was asked for meanwhile. */
  readonly payments: number
  /** Series of the shop's metrics; empty for the bare one, which has none. */
  readonly metrics: ReadonlyMap<string, number>
}

/** Runs one side's ramp beside the provider's bad day. */
export async function traced (shop: Shop, provider: PaymentProvider, run: () => Promise<Report>): Promise<{ readonly report: Report, readonly traces: Traces }> {
  const before = await provider.payments()
  const report = await run()
  return { report, traces: { payments: await provider.payments() - before, metrics: await metricsOf(shop) } }
}

/** Who refused what, and what became of checkout and of the provider. */
export function printTogether (reports: Readonly<Record<Side, Report>>, traces: Readonly<Record<Side, Traces>>, flaky: boolean): void {
  console.log(flaky ? '\nThe payment provider failed, hung, broke off and was slow in turn; a scraper copied the catalogue.' : '\nThe payment provider was well; a scraper copied the catalogue.')
  console.log(line('', 'protected', 'bare'))
  const pair = (what: string, of: (side: Side) => string | number): void => console.log(line(what, String(of('protected')), String(of('bare'))))
  pair('payments asked of the provider', side => traces[side].payments)
  pair('checkouts that succeeded', side => tallyOf(reports[side], { classes: [CRITICAL] }).ok)
  pair('checkouts that hung until their client left', side => tallyOf(reports[side], { classes: [CRITICAL] }).timeout)
  pair('the scraper was served', side => share(reports[side]))
  const { metrics } = traces.protected
  const refused = (component: string): number => sum(metrics, 'plimsoll_core_refused_requests_total', `component="${component}"`)
  console.log(`protected: the rate limiter refused ${refused('rate-limiter')} (429), the load shedder ${refused('load-shedder')} (503); the circuit of the provider opened ${sum(metrics, 'plimsoll_circuit_breaker_opened_total', 'http://')} times and refused ${sum(metrics, 'plimsoll_circuit_breaker_calls_total', 'outcome="refused"')} payments`)
}

function share (report: Report): string {
  const { ok, late, offered } = tallyOf(report, { classes: [SCRAPER] })
  return `${ok + late} of ${offered}`
}

async function metricsOf (shop: Shop): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`http://127.0.0.1:${shop.port}/plimsoll/metrics`, { headers: { authorization: `Bearer ${shop.credentials.viewer}` }, signal: AbortSignal.timeout(5_000) }).catch(() => undefined)
  if (response?.ok !== true) return new Map()
  const series = [...(await response.text()).matchAll(/^(plimsoll_[^#\s]+(?:\{[^}]*\})?) (\S+)$/gm)]
  return new Map(series.map(([, name = '', value]) => [name, Number(value)]))
}

function sum (metrics: ReadonlyMap<string, number>, name: string, label: string): number {
  let total = 0
  for (const [series, value] of metrics) if (series.startsWith(`${name}{`) && series.includes(label)) total += value
  return total
}

const line = (what: string, ...columns: readonly string[]): string => what.padEnd(46) + columns.map(column => column.padStart(16)).join('')
