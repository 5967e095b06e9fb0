import type { Browser } from 'playwright-core'
import { firstContentfulPaint } from '../../tools/browser/page-cost.ts'
import { watchPage } from '../../tools/browser/page-watch.ts'
import { startChromium } from '../../tools/services/chromium.ts'
import { medianInterval } from '../cost/interval.ts'
import type { Interval } from '../cost/interval.ts'
import { progress } from '../overload/progress.ts'
import { judge } from '../overload/row.ts'
import type { Row, Verdict } from '../overload/row.ts'
import { median } from '../overload/statistics.ts'
import { ViewedService } from './viewed-service.ts'

const MOST_KB = 35
const MOST_REQUESTS = 4
const MOST_TIMES_HELLO = 1.5
/** A null that is itself as far from 1 shows nothing. */
const MOST_NOISE = 0.25
const WARM_UP_ROUNDS = 2

/** What the page costs whoever opens it, in a real Chromium. */
export async function firstViewRows (rounds: number): Promise<Row[]> {
  const browser = await startChromium()
  const service = await ViewedService.start()
  try {
    const { kilobytes, requests } = await weight(browser, service.page)
    return [
      { section: 'page', what: 'first view on the wire, as gzip, with headers', figure: `${kilobytes.toFixed(1)} kB`, peers: {}, target: `<= ${MOST_KB} kB`, noise: '', verdict: judge(kilobytes, { atMost: MOST_KB }, 0) },
      { section: 'page', what: 'requests of it, beside the stream of events', figure: String(requests), peers: {}, target: `<= ${MOST_REQUESTS}`, noise: '', verdict: judge(requests, { atMost: MOST_REQUESTS }, 0) },
      await paintRow(browser, service, rounds)
    ]
  } finally {
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

/** Both pages are of one service; a round has each of them, and hello twice, one right after the other, the order turned round each time. */
async function paintRow (browser: Browser, { page, hello }: ViewedService, rounds: number): Promise<Row> {
  const paints: Record<'dashboard' | 'hello' | 'again', number[]> = { dashboard: [], hello: [], again: [] }
  for (let round = 1 - WARM_UP_ROUNDS; round <= rounds; round++) {
    progress(`first view: round ${Math.max(0, round)} of ${rounds}`)
    const order = [['hello', hello], ['dashboard', page], ['again', hello]] as const
    for (const [name, url] of round % 2 === 0 ? order : order.toReversed()) {
      const ms = await paint(browser, hello, url)
      if (round > 0) paints[name].push(ms)
    }
  }
  const timesHello = (name: 'dashboard' | 'again'): Interval => medianInterval(paints[name].map((ms, round) => ms / (paints.hello[round] ?? NaN)))
  const ratio = timesHello('dashboard')
  const noise = timesHello('again')
  return {
    section: 'page',
    what: 'first contentful paint over that of a page that says hello',
    figure: `${shown(ratio)}, ${median(paints.dashboard).toFixed(0)} ms`,
    peers: { hello: `${median(paints.hello).toFixed(0)} ms` },
    target: `<= ${MOST_TIMES_HELLO}x`,
    noise: shown(noise),
    verdict: judgePaint(ratio, noise),
    note: 'median of the rounds\' ratios; hello against hello is the noise',
    values: paints
  }
}

function judgePaint (ratio: Interval, noise: Interval): Verdict {
  if (noise.low < 1 - MOST_NOISE || noise.high > 1 + MOST_NOISE) return 'inconclusive'
  if (ratio.high <= MOST_TIMES_HELLO) return 'pass'
  return ratio.low > MOST_TIMES_HELLO ? 'miss' : 'inconclusive'
}

/**
 * In a profile without a cache and a process without compiled code, but one that runs: to start it takes longer than any
 * page, and differs from time to time.
 */
async function paint (browser: Browser, before: string, url: string): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } })
  const page = await context.newPage()
  await page.goto(`${before}?before`)
  await firstContentfulPaint(page)
  await page.goto(url)
  const ms = await firstContentfulPaint(page)
  await context.close()
  return ms
}

function shown ({ median, low, high }: Interval): string {
  return `${median.toFixed(2)}x (95 %: ${low.toFixed(2)} … ${high.toFixed(2)})`
}
