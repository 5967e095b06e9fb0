import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import plimsoll, { bearerAuth, ensureCore } from '@plimsoll/core'
import type { Core } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'
import type { FakeClock } from '@plimsoll/core/testing'
import monitor from '@plimsoll/monitor'
import type { Report } from '@plimsoll/monitor'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { measured } from '../../../tools/measured-process.ts'
import { lineChart } from '../src/line-chart.ts'
import { runCommand } from '../src/report-command.ts'
import { reportHtml } from '../src/report-html.ts'

const TOKEN = 'a-token-of-16-characters'
const START = Date.UTC(2026, 0, 1)

interface Service { readonly app: FastifyInstance, readonly core: Core, readonly clock: FakeClock, readonly url: string }

/** Ten minutes of one request a second of 20 ms, the last minute with errors. */
async function serviceWithPast (t: { teardown (end: () => unknown): void }, history: boolean = true): Promise<Service> {
  const clock = fakeClock({ wallTime: START })
  const app = Fastify()
  const core = ensureCore(app, { clock })
  app.register(plimsoll, { admin: { prefix: '/ops', auth: bearerAuth({ tokens: [{ token: TOKEN, user: 'on-call', role: 'viewer' }] }) } })
  app.register(monitor, { history })
  app.get('/<b>&"\'</b>', async () => 'x')
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  const { slots, traffic } = app.monitor.requests
  const route = core.routes.records.find(({ url }) => url.startsWith('/<b>'))
  for (let second = 0; second < 600; second++) {
    traffic.record(slots.slotOf(route, 'GET'), second < 540 ? 0 : 3, 20, 10, 100)
    if (second === 550) core.journal.record({ component: 'shop', event: 'closed', severity: 'error', message: '<script>alert(1)</script>' })
    clock.advance(1000)
  }
  app.monitor.counter('orders').add(3)
  app.monitor.timer('render').record(5)
  clock.advance(1000)
  return { app, core, clock, url: `${app.listeningOrigin}/ops` }
}

async function command (args: readonly string[], { now = START, environment = { PLIMSOLL_TOKEN: TOKEN } }: { readonly now?: number, readonly environment?: Record<string, string> } = {}): Promise<{ readonly code: number, readonly printed: string, readonly complaint: string }> {
  let printed = ''
  let complaint = ''
  const code = await runCommand(args, { environment, now: () => now, print: (part) => { printed += part }, complain: (part) => { complaint += part } })
  return { code, printed, complaint }
}

t.test('a report is of the minutes asked for, with exact percentiles', async (t) => {
  const { url, clock } = await serviceWithPast(t)
  const all: Report = JSON.parse((await command(['report', '--url', url, '--format', 'json'])).printed)
  t.match(all.summary, { total: { count: 600, errors: 60, classes: { '2xx': 540, '5xx': 60 } }, upstreams: [], figures: [{ name: 'orders', value: 3 }, { name: 'render', type: 'timer', value: 1 }] })
  t.equal(all.summary.routes[0]?.route, '/<b>&"\'</b>')
  t.ok(Math.abs(all.summary.total.latency!.p999 - 20) < 0.4)
  t.ok(Math.abs(all.summary.total.rate - 1) < 0.01)
  t.equal(all.journal.at(-1)?.event, 'closed')
  const last: Report = JSON.parse((await command(['report', '--url', `${url}/`, '--format', 'json', '--from', '90s', '--to', new Date(clock.wallTime() - 30_000).toISOString()], { now: clock.wallTime() })).printed)
  t.ok(last.summary.total.count < 200 && last.summary.total.errors > 0, 'whole minutes around the range')
  t.equal(last.points.at.length, 60)
})

t.test('as a page it has charts and tables, and no text of anybody\'s is markup', async (t) => {
  const { url } = await serviceWithPast(t)
  const file = join(t.testdir({}), 'report.html')
  const { code, printed } = await command(['report', '--url', url, '--output', file])
  t.equal(code, 0)
  t.equal(printed, '')
  const page = readFileSync(file, 'utf8')
  t.match(page, 'GET /&lt;b&gt;&amp;&quot;&#39;&lt;/b&gt;')
  t.match(page, '&lt;script&gt;alert(1)&lt;/script&gt;')
  t.notMatch(page, /<script|<b>|https?:|url\(/, 'nothing runs, nothing is fetched')
  t.match(page, /600 requests \(1\.0\/s\), 60 errors \(10 %\), P50 \d+(\.\d+)? ms/)
  t.equal(page.match(/<svg/g)?.length, 6)
  t.match(page, '<h2>Upstreams</h2>\n<p>None.</p>')
})

t.test('a service without a history, a wrong token and a service that is away are told apart', async (t) => {
  const { url } = await serviceWithPast(t, false)
  t.match(await command(['report', '--url', url]), { code: 1, complaint: /409: .*PLM_MONITOR_NO_HISTORY/ })
  t.match(await command(['report', '--url', url], { environment: { PLIMSOLL_TOKEN: 'another-one-of-16-characters' } }), { code: 1, complaint: /401/ })
  t.match(await command(['report', '--url', url], { environment: {} }), { code: 1, complaint: /401/ })
  t.match(await command(['report', '--url', 'http://127.0.0.1:1']), { code: 1, complaint: /fetch failed/ })
})

t.test('wrong usage is told with what would be right', async (t) => {
  const wrong: ReadonlyArray<readonly [args: readonly string[], told: RegExp]> = [
    [[], /the one command is report/], [['reports'], /the one command/], [['report', 'twice'], /the one command/],
    [['report'], /--url is missing/], [['report', '--url', 'nowhere'], /--url is missing or no URL/],
    [['report', '--url', 'http://x', '--format', 'pdf'], /give html or json/],
    [['report', '--url', 'http://x', '--from', 'yesterday'], /--from yesterday: give an ISO date/],
    [['report', '--nonsense'], /nonsense/]
  ]
  for (const [args, told] of wrong) {
    const { code, complaint } = await command(args)
    t.equal(code, 2)
    t.match(complaint, told)
    t.match(complaint, /usage: npx @plimsoll\/monitor report/)
  }
})

t.test('the endpoint refuses what is no range', async (t) => {
  const { app } = await serviceWithPast(t)
  for (const query of ['from=x', 'to=', 'from=2&to=1', 'from=1&from=2']) {
    const { statusCode, body } = await app.inject({ url: `/ops/monitor/report?${query}`, headers: { authorization: `Bearer ${TOKEN}` } })
    t.equal(statusCode, 400, query)
    t.match(body, 'PLM_MONITOR_INVALID_RANGE')
  }
  const future = await app.inject({ url: '/ops/monitor/report?from=9999999999999', headers: { authorization: `Bearer ${TOKEN}` } })
  t.match(future.json(), { summary: { total: { count: 0 }, routes: [] } })
  t.notOk('latency' in future.json().summary.total)
})

t.test('a chart has gaps where there is nothing, and a line at 0 where all is 0', async (t) => {
  const chart = lineChart({ title: 'T', unit: 's', at: [0, 1, 2, 3], lines: [{ name: 'a', values: [1, null, 2, 4] }, { name: 'b', values: [0, 0, 0, 0] }, { name: 'c', values: [] }] })
  t.match(chart, 'd="M0.0 90.0h1M600.0 60.0h1L900.0 0.0"')
  t.match(chart, 'T, up to 4 s')
  t.match(lineChart({ title: 'T', unit: 's', at: [0], lines: [{ name: 'b', values: [0] }] }), 'd="M0.0 120.0h1"')
})

t.test('an empty report is a page as well', async (t) => {
  const clock = fakeClock({ wallTime: START })
  const app = Fastify()
  ensureCore(app, { clock })
  app.register(plimsoll, { admin: { prefix: '/ops', auth: () => ({ user: 'anybody', role: 'viewer' }) } })
  app.register(monitor, { history: true })
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  t.match(await command(['report', '--url', `${app.listeningOrigin}/ops`]), { code: 0, printed: /0 requests \(0\.0\/s\), 0 errors \(0 %\), nothing served/ })
})

t.test('a service of an older version, which has fewer columns, has fewer lines', async (t) => {
  const { url } = await serviceWithPast(t)
  const report: Report = JSON.parse((await command(['report', '--url', url, '--format', 'json'])).printed)
  t.match(reportHtml({ ...report, points: { ...report.points, columns: {} } }), 'Requests, up to 0 /s')
})

t.test('it is a command', async (t) => {
  const { url } = await serviceWithPast(t)
  const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url))
  const run = async (...args: readonly string[]): Promise<{ readonly code: unknown, readonly out: string, readonly error: string }> => {
    const child = spawn(process.execPath, ['--conditions=plimsoll:source', cli, ...args], { env: { ...process.env, ...measured, PLIMSOLL_TOKEN: TOKEN } })
    const [out, error, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    return { code, out, error }
  }
  t.ok(existsSync(cli))
  t.match(await run('report', '--url', url, '--format', 'json', '--from', '1h'), { code: 0, out: /"summary"/ })
  t.match(await run('nonsense'), { code: 2, error: /usage:/ })
})
