import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { pathToFileURL } from 'node:url'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import plimsoll, { Core, ensureCore } from '@plimsoll/core'
import type * as core from '@plimsoll/core'
import type { RequestScope } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'

const manifest: { readonly version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

t.test('siblings, children and the root share one core, whoever asks first', async (t) => {
  const orders: ReadonlyArray<ReadonlyArray<'root' | 'child' | 'sibling'>> = [
    ['root', 'child', 'sibling'], ['child', 'sibling', 'root'], ['sibling', 'root', 'child']
  ]
  for (const order of orders) {
    const app = Fastify()
    t.teardown(() => app.close())
    const cores = new Set<Core>()
    for (const who of order) {
      if (who === 'root') app.register(async () => { cores.add(ensureCore(app)) })
      else {
        app.register(async (child) => {
          child.register(async (grandchild) => { cores.add(ensureCore(grandchild)) })
          cores.add(ensureCore(child))
        })
      }
    }
    await app.ready()
    t.strictSame([...cores], [app.plimsoll], order.join(', '))
    t.equal(app.plimsoll.root, app)
  }
})

t.test('it tells its version, its contract and where it is installed', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const core = ensureCore(app)
  t.equal(core.version, manifest.version)
  t.equal(core.location, new URL('..', import.meta.url).href)
  t.equal(core.contract, 1)
})

t.test('contexts that exist already see the decorator', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  let seen: unknown
  app.register(async (first) => { first.addHook('onReady', async () => { seen = first.plimsoll }) })
  app.register(async (second) => { ensureCore(second) })
  await app.ready()
  t.equal(seen, app.plimsoll)
})

t.test('two applications on one server object have a core each', async (t) => {
  const server = createServer()
  const share = (): FastifyInstance => Fastify({ serverFactory: (handler) => server.on('request', (req, res) => { if (!res.headersSent) handler(req, res) }) })
  const one = share()
  const two = share()
  t.teardown(async () => { await one.close(); await two.close() })
  one.get('/', { config: { priority: 'critical' } }, () => 'one')
  two.get('/', { config: { priority: 'batch' } }, () => 'two')
  t.not(ensureCore(one), ensureCore(two))
  await one.ready()
  await two.ready()
  t.equal(one.plimsoll.routes.records[0]?.config['priority'], 'critical')
  t.equal(two.plimsoll.routes.records[0]?.config['priority'], 'batch')
})

t.test('the application\'s own decorator of this name', async (t) => {
  const code = 'PLM_CORE_DECORATOR_TAKEN'
  const own = Fastify()
  const other: object = { mine: true }
  Reflect.apply(own.decorate, own, ['plimsoll', other])
  t.throws(() => ensureCore(own), { code })

  const shadowed = Fastify()
  t.teardown(async () => { await own.close(); await shadowed.close() })
  shadowed.register(async (child) => {
    Reflect.apply(child.decorate, child, ['plimsoll', other])
    t.throws(() => ensureCore(child), { code })
    child.register(async (grandchild) => { t.throws(() => ensureCore(grandchild), { code }) })
  })
  shadowed.register(async (sibling) => { t.ok(ensureCore(sibling), 'a sibling is not harmed') })
  await shadowed.ready()
})

t.test('after the application has started, core is found but not made', async (t) => {
  const without = Fastify()
  const withCore = Fastify()
  t.teardown(async () => { await without.close(); await withCore.close() })
  await without.ready()
  t.throws(() => ensureCore(without), { code: 'PLM_CORE_TOO_LATE', message: /^core was asked for after the application was started: register Plimsoll's plugins, or call ensureCore\(app\) and keep what it returns, before ready\(\), listen\(\) and inject\(\)$/ })
  t.notOk(without.hasDecorator('plimsoll'))
  const core = ensureCore(withCore)
  await withCore.ready()
  t.equal(ensureCore(withCore), core)
  await t.rejects(core.configure({}), { code: 'PLM_CORE_TOO_LATE', message: /started: register @plimsoll\/core before ready/ })
  t.throws(() => core.admission.add({ name: 'late', order: 1, check: () => undefined }), { code: 'PLM_CORE_TOO_LATE', message: /^an admission check was added after the application was started: add it, or register its plugin, before ready/ })
  t.strictSame(core.admission.checks, [])
})

t.test('options count wherever the plugin is registered, and may be given once', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close().catch(() => {}))
  const core = ensureCore(app)
  t.strictSame(core.options.refusalHeaders, {})
  app.register(async (child) => { child.register(plimsoll, { refusalHeaders: { 'x-served-by': 'a' } }) })
  await app.ready()
  t.strictSame(core.options.refusalHeaders, { 'x-served-by': 'a' })

  const twice = Fastify()
  t.teardown(() => twice.close())
  twice.register(plimsoll)
  twice.register(plimsoll, { refusalHeaders: {} })
  await t.rejects(async () => { await twice.ready() }, { code: 'PLM_CORE_CONFIGURED_TWICE' })
})

t.test('bad options are refused at register, with what would be right', async (t) => {
  const refused = async (options: object, message: RegExp): Promise<void> => {
    const app = Fastify()
    app.register(plimsoll, options)
    await t.rejects(async () => { await app.ready() }, { code: 'PLM_CORE_INVALID_OPTION', message })
    await app.close()
  }
  await refused({ priorty: () => 'high' }, /option priorty is a function; there is no such option; did you mean priority\?/)
  await refused({ priority: 'high' }, /option priority is "high"; give a function/)
  await refused({ priorityRules: [{ priority: 'urgent', path: '/' }] }, /option priorityRules\[0\].priority is "urgent"; give one of system, critical/)
  await refused({ priorityRules: [{ path: '/' }] }, /priorityRules\[0\].priority is undefined; it is needed/)
  await refused({ priorityRules: [{ priority: 'high' }] }, /add a condition/)
  await refused({ priorityRules: [{ priority: 'high', path: 'cart' }] }, /priorityRules\[0\].path is "cart"; begin it with \//)
  await refused({ priorityRules: [{ priority: 'high', addresses: ['10.0.0.0/33'] }] }, /addresses\[0\] is "10.0.0.0\/33"; give an IP address or a range/)
  await refused({ priorityRules: Array.from({ length: 101 }, () => ({ priority: 'high', path: '/' })) }, /an array of 101; give an array of at most 100/)
  await refused({ priorityHeader: {} }, /priorityHeader.addresses is undefined; name the addresses that are trusted/)
  await refused({ priorityHeader: { addresses: [] } }, /priorityHeader.addresses is an array of 0; name the addresses that are trusted/)
  await refused({ priorityRules: [{ priority: 'high', addresses: ['10.0.0.0/8/9'] }] }, /give an IP address or a range/)
  await refused({ priorityHeader: { addresses: [7] } }, /addresses\[0\] is 7; give an IP address/)
  await refused({ registry: {} }, /option registry is an object; give a registry such as prom-client's/)
  await refused({ registry: null }, /option registry is null/)
  await refused({ lifeCycle: { signals: ['SIGFOO'] } }, /option lifeCycle.signals is an array of 1; give an array of signal names/)
  await refused({ lifeCycle: { drainDelayMs: 30_000 } }, /option lifeCycle.drainDelayMs is 30000; give less than closeDeadlineMs/)
  await refused({ refusalHeaders: { a: 1 } }, /refusalHeaders.a is 1; give a string/)
})

t.test('metrics go to the application\'s own registry, signals are the application\'s choice', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const registered: unknown[] = []
  app.register(plimsoll, { registry: { registerMetric (metric) { registered.push(metric) } }, lifeCycle: { signals: ['SIGTERM', 'SIGINT'] } })
  await app.ready()
  t.ok(registered.length > 10)
  t.strictSame(app.plimsoll.options.lifeCycle, { signals: ['SIGTERM', 'SIGINT'], drainDelayMs: 5_000, closeDeadlineMs: 25_000 })
})

t.test('a vitals listener that throws is journalled', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const clock = fakeClock()
  const core = ensureCore(app, { clock })
  core.vitals.subscribe(() => { throw new Error('a bug') })
  clock.advance(1_000)
  t.match(core.journal.entries(), [{ event: 'vitals-listener-failed', message: 'a bug' }])
})

t.test('the first to ask chooses the clock', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const clock = fakeClock()
  const core = ensureCore(app, { clock })
  t.equal(core.clock, clock)
  t.equal(ensureCore(app), core)
  t.equal(ensureCore(app, { clock }), core)
  t.throws(() => ensureCore(app, { clock: fakeClock() }), { code: 'PLM_CORE_CLOCK_TAKEN' })
})

t.test('two installed copies', async (t) => {
  const copy = async (folder: string, change: (source: string) => string): Promise<typeof core & { readonly path: string }> => {
    cpSync(new URL('../src', import.meta.url), `${folder}/src`, { recursive: true })
    cpSync(new URL('../package.json', import.meta.url), `${folder}/package.json`)
    const file = `${folder}/src/core.ts`
    writeFileSync(file, change(readFileSync(file, 'utf8')))
    const path = pathToFileURL(`${folder}/`).href
    return { ...await import(`${path}src/index.ts`), path }
  }

  t.test('of one contract share the core of the first, routes and scopes included', async (t) => {
    const second = await copy(t.testdir({}), source => source)
    t.not(second.Core, Core)
    for (const [first, then] of [[ensureCore, second.ensureCore], [second.ensureCore, ensureCore]] as const) {
      const app = Fastify()
      app.get('/checkout', { config: { priority: 'critical' } }, (request) => String(first(app).scopeOf(request.raw, scopes[0]!.res) === scopes[0]))
      const core = first(app)
      t.equal(then(app), core)
      t.equal(app.plimsoll, core)
      t.equal(core.routes.records.length, 2, 'GET and HEAD, once each')
      const scopes: RequestScope[] = []
      then(app).admission.add({ name: 'witness', order: 1, check: (scope) => { scopes.push(scope); return undefined } })
      t.equal((await app.inject('/checkout')).body, 'true')
      t.equal(scopes[0]?.priority, 1)
      await app.close()
    }
    const app = Fastify()
    const core = ensureCore(app)
    app.register(second.default, { refusalHeaders: { 'x-a': 'b' } })
    await app.ready()
    t.strictSame(core.options.refusalHeaders, { 'x-a': 'b' })
    await app.close()
  })

  t.test('of different contracts are refused, naming both versions and paths', async (t) => {
    const next = await copy(t.testdir({}), source => source.replace('CONTRACT = 1', 'CONTRACT = 2').replace('manifest.version', "'2.0.0'"))
    const app = Fastify()
    t.teardown(() => app.close())
    next.ensureCore(app)
    t.throws(() => ensureCore(app), {
      code: 'PLM_CORE_INCOMPATIBLE',
      message: `two copies of @plimsoll/core cannot share one application: 2.0.0 at ${next.path} speaks contract 2, ${manifest.version} at ${new URL('..', import.meta.url).href} speaks contract 1; install one version (npm ls @plimsoll/core)`
    })
  })
})
