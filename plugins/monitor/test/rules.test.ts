import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ensureCore } from '@plimsoll/core'
import monitor from '@plimsoll/monitor'
import Fastify from 'fastify'
import t from 'tap'
import { findService, skipWithout } from '../../../tools/services.ts'

const run = promisify(execFile)
const folder = fileURLToPath(new URL('../prometheus', import.meta.url))
const rules = readFileSync(join(folder, 'rules.yml'), 'utf8')

interface Dashboard { readonly panels: ReadonlyArray<{ readonly id: number, readonly title: string, readonly gridPos: { readonly x: number, readonly w: number }, readonly targets: ReadonlyArray<{ readonly expr: string }> }> }

const dashboard: Dashboard = JSON.parse(readFileSync(new URL('../grafana/dashboard.json', import.meta.url), 'utf8'))
const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))

t.test('promtool accepts the rules, and they fire and clear as their tests say', async (t) => {
  if (await skipWithout(t, 'promtool')) return
  const promtool = await findService('promtool')
  t.match((await run(promtool, ['check', 'rules', 'rules.yml'], { cwd: folder })).stdout, 'SUCCESS: 8 rules found')
  t.match((await run(promtool, ['test', 'rules', 'rules.test.yml'], { cwd: folder })).stdout, 'SUCCESS')
})

t.test('the tests of the rules can fail: a rule whose threshold or time is wrong is found', async (t) => {
  if (await skipWithout(t, 'promtool')) return
  const promtool = await findService('promtool')
  const tests = readFileSync(join(folder, 'rules.test.yml'), 'utf8')
  for (const [right, wrong] of [['> 0.05 and on (job, instance)', '> 0.5 and on (job, instance)'], ['for: 2m', 'for: 30m'], ['p99_5m > 1\n', 'p99_5m > 10\n'], ['< 0.8 *', '< 0.2 *'], ['_ratio > 0.8', '_ratio > 0.9']] as const) {
    t.ok(rules.includes(right))
    const cwd = t.testdir({ 'rules.yml': rules.replace(right, wrong), 'rules.test.yml': tests })
    await t.rejects(run(promtool, ['test', 'rules', 'rules.test.yml'], { cwd }), `${right} → ${wrong}`)
  }
})

t.test('the dashboard asks for metrics that there are, in expressions that Prometheus can read', async (t) => {
  const app = Fastify()
  app.register(monitor)
  t.teardown(() => app.close())
  await app.ready()
  const core = ensureCore(app)
  const registered = new Set<string>()
  core.metrics.bindTo({ registerMetric: (metric) => { registered.add(String(Reflect.get(metric, 'name'))) } })
  for (const text of [...expressions, ...rules.matchAll(/plimsoll_\w+/g)].map(String)) {
    for (const [name] of text.matchAll(/plimsoll_\w+/g)) t.ok(registered.has(name.replace(/_(bucket|sum|count)$/, '')), name)
  }
  if (await skipWithout(t, 'promtool')) return
  const asRules = { groups: [{ name: 'dashboard', rules: expressions.map((expr, i) => ({ record: `dashboard:${i}`, expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$__range', '1h') })) }] }
  const file = join(t.testdir({ 'dashboard.yml': JSON.stringify(asRules) }), 'dashboard.yml')
  t.match((await run(await findService('promtool'), ['check', 'rules', file])).stdout, `SUCCESS: ${expressions.length} rules found`)
})

t.test('panels have ids of their own and fit the grid', async (t) => {
  t.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length)
  t.ok(dashboard.panels.every(({ gridPos: { x, w } }) => x + w <= 24))
})
