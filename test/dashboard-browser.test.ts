// The dashboard in a real Chromium: one browser for all of it, since a browser is what costs here.
// More of the same, on all pages and for longer: npm run faults -- dashboard.
import type { BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core'
import t from 'tap'
import type { Test } from 'tap'
import { accessibilityFaults } from '../tools/browser/axe.ts'
import { watchPage } from '../tools/browser/page-watch.ts'
import type { PageWatch } from '../tools/browser/page-watch.ts'
import { startRewritingProxy } from '../tools/browser/rewriting-proxy.ts'
import { startGenerator, tallyOf } from '../tools/load/index.ts'
import { skipWithout } from '../tools/services.ts'
import { startChromium } from '../tools/services/chromium.ts'
import { everywhere } from './dashboard/hostile-json.ts'
import { startHostileProxy } from './dashboard/hostile-proxy.ts'
import { addHostileParts } from './dashboard/hostile-service.ts'
import { tabTo, walkByKeyboard } from './dashboard/keyboard.ts'
import { figureInTable, hostileTraces, misplacedMarks, outsideRequests, sidewaysScroll, timeCharts } from './dashboard/page-checks.ts'
import { goTo, openDashboard, pageNames, PATIENCE_MS, secondLater, showsFigures, signIn } from './dashboard/page-tour.ts'
import { recordShown, shownSoFar } from './dashboard/recorder.ts'
import type { Shown } from './dashboard/recorder.ts'
import { ServiceChild } from './dashboard/service-child.ts'
import { REPORT_MS, startWatchedService } from './dashboard/watched-service.ts'
import { until } from './dashboard/until.ts'

t.setTimeout(400_000)
if (await skipWithout(t, 'chromium')) process.exit()
process.env['NODE_ENV'] ??= 'test'
const browser = await startChromium()
t.teardown(() => browser.close())

interface Visit {
  readonly page: Page
  readonly context: BrowserContext
  readonly watch: PageWatch
}

async function visit (t: Test, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, ...options })
  t.teardown(() => context.close())
  const page = await context.newPage()
  return { page, context, watch: await watchPage(page) }
}

/** Nothing but the page's own, nothing refused, nothing said. */
function nothingWrong (t: Test, { watch }: Visit, home: string, where: string): void {
  t.strictSame(watch.violations, [], `${where}: no violation of the policy`)
  t.strictSame(watch.complaints, [], `${where}: nothing on the console`)
  t.strictSame(watch.dialogs, [], `${where}: no dialog`)
  t.strictSame(outsideRequests(watch, home), [], `${where}: no request but to the dashboard`)
}

t.test('what the page shows is the load that was sent; a slow request is on its route; marks line up; a server that hangs or dies is seen, and back', async (t) => {
  let service = await ServiceChild.start()
  t.teardown(() => service.kill())
  const { page } = await visit(t)
  await recordShown(page)
  await openDashboard(page, service.page)

  const load = startGenerator({
    loop: 'open',
    mode: 'warm',
    connections: 20,
    port: service.port,
    deadlineMs: 20_000,
    timeoutMs: 20_000,
    phases: [{ seconds: 5, rate: 40 }],
    classes: [{ name: 'fast', weight: 3, path: '/fast' }, { name: 'fails', weight: 1, path: '/fails' }]
  })
  const sent = tallyOf(await load.done)
  t.equal(sent.ok + sent.error, sent.offered, 'every request was answered')
  await Promise.all([1, 2, 3].map(async (id) => await (await fetch(`http://127.0.0.1:${service.port}/reports/${id}`)).text()))

  await t.test('every figure is the one that was sent, and together they are the load', async (t) => {
    // The page's own requests are counted as well; they are few, and none of them fails.
    // Rates are of the time since the view before: a second, or more where the machine is busy.
    const total = (shown: readonly Shown[], share: (traffic: Shown['view']['traffic']) => number): number => shown.reduce((sum, { view: { at, traffic } }, i) => sum + traffic.requests * share(traffic) * (at - (shown[i - 1]?.view.at ?? at - 1000)) / 1000, 0)
    const errors = ({ errorShare }: { readonly errorShare: number }): number => errorShare
    await until('all failures are shown', async () => total(await shownSoFar(page), errors) > sent.error * 0.97)
    const shown = await shownSoFar(page)
    t.ok(shown.length >= 5, `${shown.length} seconds were shown`)
    for (const { view: { traffic }, figures } of shown) {
      t.strictSame(
        [figures['Requests per second'], figures['Errors'], figures['P50'], figures['P99'], figures['In flight'], figures['Refused per second']].map(Number),
        [traffic.requests, traffic.errorShare, traffic.p50 ?? 0, traffic.p99 ?? 0, traffic.inFlight, traffic.refused],
        'shown as sent'
      )
    }
    const failed = total(shown, errors)
    t.ok(Math.abs(failed - sent.error) <= sent.error * 0.05, `${failed.toFixed(1)} failures shown, ${sent.error} seen by the clients`)
    const requests = total(shown, () => 1)
    t.ok(requests >= sent.offered * 0.97, `${requests.toFixed(1)} requests shown, ${sent.offered} sent`)
  })

  await t.test('the slow requests are on their route', async (t) => {
    await goTo(page, 'Routes')
    await page.getByLabel('Period').selectOption('range')
    await until('the slow route in the table', async () => await figureInTable(page, 'GET /reports/:id', 'P99') >= REPORT_MS)
    t.ok(await figureInTable(page, 'GET /reports/:id', 'P99') < REPORT_MS * 20, 'in milliseconds')
    t.ok(await figureInTable(page, 'GET /fast', 'P50') < REPORT_MS, 'and not on another')
    t.equal(await figureInTable(page, 'GET /fails', 'Errors'), 1, 'every request of the failing one is an error')
  })

  await t.test('marks of time stand under one another on all charts', async (t) => {
    await goTo(page, 'Overview')
    service.journal('version 42 is out')
    let charts = await timeCharts(page)
    // Where they are is looked at between two seconds, not in the middle of an update.
    await until('marks at their places', async () => (charts = await timeCharts(page)).marks.length > 0 && misplacedMarks(charts).length === 0, 10_000).catch(() => {})
    t.strictSame(misplacedMarks(charts), [])
    t.ok(charts.marks.length > 0 && charts.plots.length >= 4, `${charts.marks.length} marks on ${charts.plots.map(({ chart }) => chart).join(', ')}`)
  })

  const stale = page.getByRole('alert').filter({ hasText: /no data since/i })
  await t.test('a server that hangs is shown as such, and is back when it is', async () => {
    service.freeze()
    await stale.waitFor({ timeout: PATIENCE_MS })
    service.thaw()
    await stale.waitFor({ state: 'detached', timeout: PATIENCE_MS })
    await showsFigures(page)
  })
  await t.test('a server that is killed is shown as such, and is back when another is started in its place', async (t) => {
    const { page: unlucky } = await visit(t)
    await unlucky.route('**/pages-*', (route) => route.abort())
    await openDashboard(unlucky, service.page)
    await goTo(unlucky, 'Routes')
    await unlucky.getByRole('alert').filter({ hasText: 'could not be loaded' }).waitFor({ timeout: PATIENCE_MS })
    await service.kill()
    await unlucky.unroute('**/pages-*')
    await stale.waitFor({ timeout: PATIENCE_MS })
    const before = (await shownSoFar(page)).length
    service = await ServiceChild.start(service.port)
    await stale.waitFor({ state: 'detached', timeout: PATIENCE_MS })
    await until('figures of the new one', async () => (await shownSoFar(page)).length > before)
    await unlucky.getByRole('heading', { name: 'Routes', level: 2 }).waitFor({ timeout: PATIENCE_MS })
    t.pass('without anybody touching the page, also what could not be loaded before')
  })
})

t.test('under /a/b/c beside @fastify/helmet, behind a proxy that rewrites paths: sign in, every page, sign out', async (t) => {
  const token = 'token-of-the-browser-test'
  const { app, port } = await startWatchedService({ admin: '/a/b/c', helmet: true, token, more: addHostileParts })
  t.teardown(() => app.close())
  const proxy = await startRewritingProxy({ to: port, outside: '/outer/deep', inside: '/a/b/c' })
  t.teardown(() => proxy.close())
  const home = `http://127.0.0.1:${proxy.port}/outer/deep/`
  const visitor = await visit(t)
  const { page, context, watch } = visitor

  await page.goto(`${home}dashboard`, { timeout: PATIENCE_MS })
  await signIn(page, 'another-token-altogether')
  await page.getByText('not accepted').waitFor({ timeout: PATIENCE_MS })
  t.strictSame(await accessibilityFaults(page), [], 'axe has nothing against the page that strangers see')
  await signIn(page, token)
  await showsFigures(page)
  t.equal(page.url(), `${home}dashboard/`, 'the slash that was left out is added where the browser is')
  const [cookie, ...others] = await context.cookies()
  t.match(cookie, { httpOnly: true, sameSite: 'Strict', path: '/outer/deep', expires: -1 })
  t.strictSame(others, [])
  t.notMatch(await page.evaluate('document.cookie'), token)
  // That strangers are answered with 401 stands on the console: it has to.
  watch.complaints.splice(0, Infinity, ...watch.complaints.filter((text) => !text.includes('401')))

  for (const name of await pageNames(page)) {
    await t.test(name, async (t) => {
      await goTo(page, name)
      t.strictSame(await hostileTraces(page), [], 'texts are texts')
      t.strictSame(await accessibilityFaults(page), [], 'axe has nothing against it')
      t.strictSame(await sidewaysScroll(page), [], 'nothing is cut off')
      nothingWrong(t, visitor, home, name)
    })
  }
  await page.getByRole('button', { name: 'Sign out' }).click({ timeout: PATIENCE_MS })
  await page.getByLabel('Token').waitFor({ timeout: PATIENCE_MS })
  t.strictSame(await context.cookies(), [])
})

t.test('other instances and third parties tell hostile texts in every place: they are shown as text', async (t) => {
  const { app, port } = await startWatchedService({ more: addHostileParts })
  t.teardown(() => app.close())
  const proxy = await startHostileProxy({ to: port, prefix: '/plimsoll' })
  t.teardown(() => proxy.close())
  const home = `http://127.0.0.1:${proxy.port}/plimsoll/`
  const visitor = await visit(t, { viewport: { width: 360, height: 740 }, colorScheme: 'dark', reducedMotion: 'reduce' })
  const { page } = visitor
  await openDashboard(page, `${home}dashboard/`)
  for (const name of await pageNames(page)) {
    await t.test(`${name}, dark, 360 px wide`, async (t) => {
      await goTo(page, name)
      t.strictSame(await hostileTraces(page), [])
      t.strictSame(await sidewaysScroll(page), [])
      // The server knows no component by the name that the proxy gave it.
      const { complaints } = visitor.watch
      complaints.splice(0, Infinity, ...complaints.filter((text) => !/404 .*\/components\/alerts\//.test(text)))
      nothingWrong(t, visitor, home, name)
    })
  }
  await t.test('they are there', async (t) => {
    await goTo(page, 'Overview')
    t.match(await page.locator('main').innerText(), /hostile/)
    t.equal(await page.evaluate('document.getAnimations().length'), 0, 'and nothing moves for whoever asked for that')
  })
})

t.test('other instances and third parties tell __proto__ in every place: no table of the page knows it', async (t) => {
  const { app, port } = await startWatchedService({ more: addHostileParts })
  t.teardown(() => app.close())
  const proxy = await startHostileProxy({ to: port, prefix: '/plimsoll', poison: everywhere('__proto__') })
  t.teardown(() => proxy.close())
  const { page, watch } = await visit(t)
  await openDashboard(page, `http://127.0.0.1:${proxy.port}/plimsoll/dashboard/`)
  await secondLater(page)
  t.equal(await page.locator('section.status p span').innerText(), '__proto__')
  for (const name of await pageNames(page)) {
    await goTo(page, name)
    t.strictSame(await hostileTraces(page), [], name)
  }
  t.strictSame(watch.complaints.filter((text) => !/status of 40[04] /.test(text)), [], 'nothing on the console but of names that nobody has')
})

t.test('on an admin port of its own, at /: dark, readable on a telephone, all by keyboard', async (t) => {
  const { app, page: url } = await startWatchedService({ admin: 'own port' })
  t.teardown(() => app.close())
  const visitor = await visit(t, { viewport: { width: 360, height: 740 }, colorScheme: 'dark' })
  const { page } = visitor
  await openDashboard(page, url)
  t.strictSame(await accessibilityFaults(page), [], 'axe has nothing against it in the dark')
  t.strictSame(await sidewaysScroll(page), [])

  await t.test('keys', async (t) => {
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor({ timeout: PATIENCE_MS })
    await page.keyboard.press('Escape')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'hidden', timeout: PATIENCE_MS })
    await page.keyboard.press('g')
    await page.keyboard.press('r')
    await page.locator('nav a[aria-current=page]:has-text("Routes")').waitFor({ state: 'attached', timeout: PATIENCE_MS })
    await page.goBack()
    await page.locator('nav a[aria-current=page]:has-text("Overview")').waitFor({ state: 'attached', timeout: PATIENCE_MS })
    t.pass()
  })
  nothingWrong(t, visitor, new URL('../', url).href, 'own port')
})

t.test('by keyboard alone: sign in, come to everything on every page, use a control, and find it in the journal', async (t) => {
  const token = 'token-of-the-keyboard-test'
  const { app, page: url } = await startWatchedService({ token })
  t.teardown(() => app.close())
  const { page } = await visit(t)
  await page.goto(url, { timeout: PATIENCE_MS })
  await tabTo(page, page.getByLabel('Token'))
  await page.keyboard.type(token)
  await page.keyboard.press('Enter')
  await showsFigures(page)
  const link = (name: string): Locator => page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: true })
  const open = async (name: string): Promise<void> => {
    await tabTo(page, link(name))
    await page.keyboard.press('Enter')
    await page.locator(`nav a[aria-current=page]:has-text("${name}")`).waitFor({ state: 'attached', timeout: PATIENCE_MS })
    await page.locator('main:not([aria-busy=true]) :is(h1, h2)').first().waitFor({ timeout: PATIENCE_MS })
  }

  for (const name of await pageNames(page)) {
    await t.test(name, async (t) => {
      await open(name)
      const { stops, faults } = await walkByKeyboard(page)
      t.strictSame(faults, [])
      t.ok(stops > 10, `${stops} stops`)
    })
  }

  await t.test('the time cursor, a table behind a chart, a range, sorting', async (t) => {
    await open('Overview')
    await tabTo(page, page.getByRole('group', { name: 'Time charts' }))
    await page.keyboard.press('ArrowLeft')
    const cursor = page.locator('.cursor-text')
    await cursor.waitFor({ timeout: PATIENCE_MS })
    await page.keyboard.press('Escape')
    await cursor.waitFor({ state: 'detached', timeout: PATIENCE_MS })
    await tabTo(page, page.getByTitle('Requests as a table'))
    await page.keyboard.press('Space')
    await page.getByRole('figure', { name: 'Requests' }).getByRole('table').waitFor({ timeout: PATIENCE_MS })
    await page.keyboard.press('Space')
    await tabTo(page, page.getByLabel('Range'), 'Shift+Tab')
    await page.keyboard.press('ArrowDown')
    await until('another range', () => page.url().includes('range=3600'))
    await open('Routes')
    await tabTo(page, page.getByRole('button', { name: 'P99', exact: true }))
    await page.keyboard.press('Enter')
    await page.locator('th[aria-sort]', { hasText: 'P99' }).waitFor({ timeout: PATIENCE_MS })
    t.pass()
  })

  await t.test('a control: what will happen is said, Escape leaves all as it was, and Enter does it', async (t) => {
    const { components, journal } = app.plimsoll
    const isOn = (): unknown => components.view('rate-limiter', 'rate-limiter').controls['enabled']?.value
    await open('Components')
    await tabTo(page, page.getByRole('main').getByRole('link', { name: 'rate-limiter' }))
    await page.keyboard.press('Enter')
    const button = page.getByRole('button', { name: 'Switch off enabled of rate-limiter' })
    await button.waitFor({ timeout: PATIENCE_MS })
    const dialog = page.getByRole('dialog', { name: 'Switch off rate-limiter' })
    const isFocused = async (locator: Locator): Promise<boolean> => await locator.evaluate((element) => element.matches(':focus'))

    await tabTo(page, button)
    await page.keyboard.press('Space')
    await dialog.waitFor({ timeout: PATIENCE_MS })
    t.ok(await isFocused(dialog.getByRole('button', { name: 'Cancel' })), 'what is harmless has the focus')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached', timeout: PATIENCE_MS })
    await until('the focus is back', async () => await isFocused(button))
    t.equal(isOn(), true)

    await page.keyboard.press('Enter')
    await tabTo(page, dialog.getByRole('button', { name: 'Run' }))
    await page.keyboard.press('Enter')
    await dialog.getByText('Done.').waitFor({ timeout: PATIENCE_MS })
    t.equal(isOn(), false)
    await until('the focus is on what is left to do', async () => await isFocused(dialog.getByRole('button', { name: 'Close' })))
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Switch on enabled of rate-limiter' }).waitFor({ timeout: PATIENCE_MS })
    t.match(journal.entries().findLast(({ event }) => event === 'control-run'), { component: 'rate-limiter', data: { control: 'enabled', user: 'on-call', before: true, after: false } })

    await open('Journal')
    const line = page.locator('details', { hasText: 'on-call ran enabled' }).first()
    await tabTo(page, line.locator('summary'))
    await page.keyboard.press('Enter')
    const text = (await line.innerText()).replace(/\s+/g, ' ')
    for (const part of [/rate-limiter/, /user on-call/i, /before yes/i, /after no/i]) t.match(text, part)
  })
})
