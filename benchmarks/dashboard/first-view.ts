import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { firstContentfulPaint, PageCost } from '../../tools/browser/page-cost.ts'
import { watchPage } from '../../tools/browser/page-watch.ts'
import { startChromium } from '../../tools/services/chromium.ts'
import { progress } from '../overload/progress.ts'
import { judge } from '../overload/row.ts'
import type { Row } from '../overload/row.ts'
import { median, summarize } from '../overload/statistics.ts'
import { ViewedService } from './viewed-service.ts'

const MOST_KB = 35
const MOST_REQUESTS = 4
const MOST_TIMES_HELLO = 1.5
const MOST_UPDATE_MS = 2
const UPDATES = 20

/** What the page costs whoever opens it, in a real Chromium. */
export async function firstViewRows (rounds: number): Promise<Row[]> {
  const browser = await startChromium()
  const service = await ViewedService.start()
  const hello = await serveHello()
  try {
    const helloUrl = `http://127.0.0.1:${(hello.address() as AddressInfo).port}/`
    const { kilobytes, requests } = await weight(browser, service.page)
    const paints: Record<'dashboard' | 'hello' | 'again', number[]> = { dashboard: [], hello: [], again: [] }
    for (let round = 1; round <= rounds; round++) {
      progress(`first view: round ${round} of ${rounds}`)
      paints.hello.push(await paint(browser, helloUrl))
      paints.dashboard.push(await paint(browser, service.page))
      paints.again.push(await paint(browser, helloUrl))
    }
    const ratio = median(paints.dashboard) / median(paints.hello)
    const noise = Math.abs(median(paints.again) / median(paints.hello) - 1)
    const update = await updateCost(browser, service.page)
    return [
      { section: 'page', what: 'first view on the wire, as gzip, with headers', figure: `${kilobytes.toFixed(1)} kB`, peers: {}, target: `<= ${MOST_KB} kB`, noise: '', verdict: judge(kilobytes, { atMost: MOST_KB }, 0) },
      { section: 'page', what: 'requests of it, beside the stream of events', figure: String(requests), peers: {}, target: `<= ${MOST_REQUESTS}`, noise: '', verdict: judge(requests, { atMost: MOST_REQUESTS }, 0) },
      {
        section: 'page',
        what: 'first contentful paint over that of a page that says hello',
        figure: `${ratio.toFixed(2)}x, ${median(paints.dashboard).toFixed(0)} ms`,
        peers: { hello: `${median(paints.hello).toFixed(0)} ms` },
        target: `<= ${MOST_TIMES_HELLO}x`,
        noise: noise.toFixed(2),
        verdict: judge(ratio, { atMost: MOST_TIMES_HELLO }, noise),
        values: paints
      },
      {
        section: 'page',
        what: 'main thread of the browser per update, all of it',
        figure: `${update.tasks.median.toFixed(2)} ms (${update.tasks.min.toFixed(2)} … ${update.tasks.max.toFixed(2)})`,
        peers: { 'script alone': `${update.script.median.toFixed(2)} ms`, 'style and layout': `${update.layout.median.toFixed(2)} ms` },
        target: `script, style and layout <= ${MOST_UPDATE_MS} ms`,
        noise: '',
        verdict: judge(update.script.median + update.layout.median, { atMost: MOST_UPDATE_MS }, 0)
      }
    ]
  } finally {
    hello.close()
    await browser.close()
    await service.stop()
  }
}

async function weight (browser: Browser, url: string): Promise<{ readonly kilobytes: number, readonly requests: number }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } })
  const page = await context.newPage()
  const { requests } = await watchPage(page)
  await page.goto(url)
  await page.locator('[role=group][aria-label="Requests per second"] data:not([value=""])').first().waitFor()
  await page.waitForTimeout(2000)
  const first = requests.filter(({ type }) => type !== 'EventSource')
  await context.close()
  return { kilobytes: first.reduce((sum, { bytes }) => sum + bytes, 0) / 1000, requests: first.length }
}

async function paint (browser: Browser, url: string): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } })
  const page = await context.newPage()
  await page.goto(url)
  const ms = await firstContentfulPaint(page)
  await context.close()
  return ms
}

/** Per second, of a page that shows a service of 50 routes: figures of single seconds, since one of them may be disturbed. */
async function updateCost (browser: Browser, url: string): Promise<Record<'tasks' | 'script' | 'layout', ReturnType<typeof summarize>>> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } })
  const page = await context.newPage()
  await page.goto(url)
  await page.waitForTimeout(5000)
  const cost = await PageCost.of(page)
  const seconds: Array<Awaited<ReturnType<PageCost['mainThread']>>> = []
  for (let i = 0; i < UPDATES; i++) {
    progress(`update ${i + 1} of ${UPDATES}`)
    const before = await cost.mainThread()
    await page.waitForTimeout(1000)
    const after = await cost.mainThread()
    seconds.push({ tasks: after.tasks - before.tasks, script: after.script - before.script, layout: after.layout - before.layout })
  }
  await context.close()
  return { tasks: summarize(seconds.map(({ tasks }) => tasks)), script: summarize(seconds.map(({ script }) => script)), layout: summarize(seconds.map(({ layout }) => layout)) }
}

async function serveHello (): Promise<Server> {
  const server = createServer((_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><html lang="en"><title>hello</title><body><h1>hello</h1></body></html>'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}
