import { setTimeout as delay } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { openDashboard, showsFigures } from '../../dashboard/page-tour.ts'
import { recordShown, shownSoFar, staleSoFar } from '../../dashboard/recorder.ts'
import { ServiceChild } from '../../dashboard/service-child.ts'
import { until } from '../../dashboard/until.ts'
import type { Report } from './report.ts'
import { withPage } from './visit.ts'

const STALE_WITHIN_MS = 3000
/** Of the machine: a timer of the page that comes late. */
const LATE_MS = 250

/** A server that hangs, and one that is killed: how long after its last figures the page says so, and that it comes back. */
export async function outages (browser: Browser, rounds: number): Promise<Report> {
  return await withPage(browser, {}, async (page, { complaints }) => {
    let service = await ServiceChild.start()
    const violations: string[] = []
    const delays: number[] = []
    try {
      await recordShown(page)
      await openDashboard(page, service.page)
      for (let round = 0; round < rounds; round++) {
        // A few seconds of figures, so that the next outage is one.
        const shown = (await shownSoFar(page)).length
        await until('three views', async () => (await shownSoFar(page)).length >= shown + 3)
        const kill = round % 2 === 1
        if (kill) await service.kill()
        else service.freeze()
        delays.push(await staleAfter(page))
        // Short and long outages: a browser waits longer and longer.
        await delay(round % 3 * 2000)
        if (kill) service = await ServiceChild.start(service.port)
        else service.thaw()
        await until('figures again', async () => (await staleSoFar(page)).length % 2 === 0)
        await showsFigures(page)
      }
    } finally {
      await service.kill()
    }
    const late = delays.filter((ms) => !(ms <= STALE_WITHIN_MS + LATE_MS))
    violations.push(...late.map((ms) => `shown as stale after ${ms.toFixed(0)} ms`))
    violations.push(...complaints.filter((text) => !/ERR_|Failed to load resource/.test(text)))
    return { operations: rounds, violations, figures: `stale at most ${Math.max(...delays).toFixed(0)} ms after the last figures` }
  })
}

/** Milliseconds from the last view to the page's saying that there is none. */
async function staleAfter (page: Page): Promise<number> {
  await until('the page says so', async () => (await staleSoFar(page)).length % 2 === 1)
  const since = (await staleSoFar(page)).at(-1) ?? NaN
  const last = (await shownSoFar(page)).at(-1)?.at ?? NaN
  return since - last
}
