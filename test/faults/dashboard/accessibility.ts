import type { Browser, BrowserContextOptions } from 'playwright-core'
import { accessibilityFaults } from '../../../tools/browser/axe.ts'
import { sidewaysScroll } from '../../dashboard/page-checks.ts'
import { goTo, openDashboard, pageNames } from '../../dashboard/page-tour.ts'
import { startWatchedService } from '../../dashboard/watched-service.ts'
import { joined } from './report.ts'
import type { Report } from './report.ts'
import { withPage } from './visit.ts'

const screens: Readonly<Record<string, BrowserContextOptions>> = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  'light, 360 px': { colorScheme: 'light', viewport: { width: 360, height: 740 } },
  'dark, 360 px': { colorScheme: 'dark', viewport: { width: 360, height: 740 } },
  // What is left of 1280 px at a zoom of 400 %.
  '320 px': { viewport: { width: 320, height: 256 } },
  'forced colours': { forcedColors: 'active' },
  'reduced motion': { reducedMotion: 'reduce' }
}

/** axe-core on every page and on every screen, with figures in it; nothing to be scrolled sideways. */
export async function accessibility (browser: Browser): Promise<Report> {
  const { app, page: url, port } = await startWatchedService()
  try {
    for (const path of ['/fast', '/fails', '/reports/1', '/nowhere']) await (await fetch(`http://127.0.0.1:${port}${path}`)).text()
    const reports: Report[] = []
    for (const [screen, options] of Object.entries(screens)) reports.push(await judged(browser, screen, options, url))
    return { ...joined(reports), figures: `${reports.length} screens` }
  } finally {
    await app.close()
  }
}

async function judged (browser: Browser, screen: string, options: BrowserContextOptions, url: string): Promise<Report> {
  return await withPage(browser, options, async (page) => {
    const violations: string[] = []
    await openDashboard(page, url)
    const names = await pageNames(page)
    for (const name of names) {
      await goTo(page, name)
      const faults = [...await accessibilityFaults(page), ...await sidewaysScroll(page)]
      if (screen === 'reduced motion' && await page.evaluate<number>('document.getAnimations().length') > 0) faults.push('something moves')
      violations.push(...faults.map((fault) => `${name}, ${screen}: ${fault}`))
    }
    return { operations: names.length, violations, figures: '' }
  })
}
