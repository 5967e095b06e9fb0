import type { Browser } from 'playwright-core'
import { startRewritingProxy } from '../../../tools/browser/rewriting-proxy.ts'
import { outsideRequests } from '../../dashboard/page-checks.ts'
import { goTo, openDashboard, pageNames } from '../../dashboard/page-tour.ts'
import { startWatchedService } from '../../dashboard/watched-service.ts'
import { joined } from './report.ts'
import type { Report } from './report.ts'
import { withPage } from './visit.ts'

const OUTSIDE = '/outer/deep'

/** Every page under its strict policy: at `/`, at the default, three folders deep, behind a proxy that rewrites, each beside helmet and without it. */
export async function policyMatrix (browser: Browser): Promise<Report> {
  const reports: Report[] = []
  for (const helmet of [false, true]) {
    for (const admin of ['own port', '/plimsoll', '/a/b/c'] as const) reports.push(await visited(browser, { admin, helmet, proxied: false }))
    reports.push(await visited(browser, { admin: '/a/b/c', helmet, proxied: true }))
  }
  return { ...joined(reports), figures: `${reports.length} places` }
}

interface Place { readonly admin: string, readonly helmet: boolean, readonly proxied: boolean }

async function visited (browser: Browser, { admin, helmet, proxied }: Place): Promise<Report> {
  const { app, port, page: direct } = await startWatchedService({ admin, helmet })
  const proxy = proxied ? await startRewritingProxy({ to: port, outside: OUTSIDE, inside: admin }) : undefined
  const url = proxy === undefined ? direct : `http://127.0.0.1:${proxy.port}${OUTSIDE}/dashboard/`
  const home = new URL('../', url).href
  const where = `${admin}${helmet ? ' beside helmet' : ''}${proxied ? ' behind a proxy' : ''}`
  try {
    return await withPage(browser, {}, async (page, watch) => {
      await openDashboard(page, url)
      const names = await pageNames(page)
      for (const name of names) await goTo(page, name)
      const violations = [...watch.violations, ...watch.complaints, ...watch.dialogs, ...outsideRequests(watch, home).map((asked) => `asked for ${asked}`)]
      return { operations: names.length, violations: violations.map((text) => `${where}: ${text}`), figures: '' }
    })
  } finally {
    await proxy?.close()
    await app.close()
  }
}
