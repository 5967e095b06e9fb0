import type { Browser } from 'playwright-core'
import { hostile } from '../../dashboard/hostile-json.ts'
import { startHostileProxy } from '../../dashboard/hostile-proxy.ts'
import { addHostileParts } from '../../dashboard/hostile-service.ts'
import { hostileTexts } from '../../dashboard/hostile-texts.ts'
import { hostileTraces, outsideRequests, sidewaysScroll } from '../../dashboard/page-checks.ts'
import { goTo, openDashboard, pageNames, secondLater } from '../../dashboard/page-tour.ts'
import { startWatchedService } from '../../dashboard/watched-service.ts'
import { joined } from './report.ts'
import type { Report } from './report.ts'
import { withPage } from './visit.ts'

/** Each hostile text in each place of each answer, one rotation a round. */
export async function hostileTextsEverywhere (browser: Browser, rounds: number, seed: number): Promise<Report> {
  const { app, port } = await startWatchedService({ more: addHostileParts })
  try {
    const reports: Report[] = []
    for (let round = 0; round < rounds; round++) reports.push(await rotated(browser, port, seed + round * 5, round % 2 === 1))
    return { ...joined(reports), figures: `${hostileTexts.length} texts in ${rounds} rotations` }
  } finally {
    await app.close()
  }
}

async function rotated (browser: Browser, port: number, start: number, words: boolean): Promise<Report> {
  const proxy = await startHostileProxy({ to: port, prefix: '/plimsoll', poison: (json) => hostile(json, { start, words }) })
  const home = `http://127.0.0.1:${proxy.port}/plimsoll/`
  try {
    return await withPage(browser, words ? { viewport: { width: 360, height: 740 } } : {}, async (page, watch) => {
      const violations: string[] = []
      await openDashboard(page, `${home}dashboard/`)
      const names = await pageNames(page)
      for (const name of names) {
        await goTo(page, name)
        await secondLater(page)
        violations.push(...[...await hostileTraces(page), ...await sidewaysScroll(page)].map((text) => `${name}, from text ${start}: ${text}`))
      }
      // A component that has a hostile name in what the page was told is not there under it: 404 is right.
      const complaints = watch.complaints.filter((text) => !/status of 404 .*\/components\//.test(text))
      violations.push(...watch.violations, ...complaints, ...watch.dialogs, ...outsideRequests(watch, home))
      return { operations: names.length, violations, figures: '' }
    })
  } finally {
    await proxy.close()
  }
}
