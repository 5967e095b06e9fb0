import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { PageWatch } from '../../../tools/browser/page-watch.ts'
import { startRewritingProxy } from '../../../tools/browser/rewriting-proxy.ts'
import type { View } from '../../../plugins/dashboard/src/view/view.ts'
import { openDashboard } from '../../dashboard/page-tour.ts'
import { until } from '../../dashboard/until.ts'
import { firstView, ViewStream } from '../../dashboard/view-stream.ts'
import { startWatchedService } from '../../dashboard/watched-service.ts'
import { withPage } from './visit.ts'

export interface FedPage {
  readonly page: Page
  readonly watch: PageWatch
  /** A view as the service sent it. */
  readonly view: View
  send (view: View): void
  /** Sends a view, and resolves when it is drawn. */
  show (view: View): Promise<void>
}

/** The real page of a real service, but the stream of events is ours: any views, at any pace. */
export async function withFedPage<T> (browser: Browser, options: BrowserContextOptions, use: (fed: FedPage) => Promise<T>): Promise<T> {
  const { app, port } = await startWatchedService()
  const realtime = '/plimsoll/api/performance/realtime'
  const sent = await firstView(`http://127.0.0.1:${port}${realtime}`)
  const stream = new ViewStream()
  const proxy = await startRewritingProxy({
    to: port,
    outside: '',
    inside: '',
    intercept (path, _request, response) {
      if (!path.startsWith(realtime)) return false
      stream.serve(response)
      return true
    }
  })
  const view: View = JSON.parse(sent)
  try {
    return await withPage(browser, options, async (page, watch) => {
      const beating = setInterval(() => stream.send(sent), 500)
      try {
        await openDashboard(page, `http://127.0.0.1:${proxy.port}/plimsoll/dashboard/`)
      } finally {
        clearInterval(beating)
      }
      await until('the page watches the stream', () => stream.watchers === 1)
      const send = (view: View): void => stream.send(JSON.stringify(view))
      return await use({ page, watch, view, send, show: async (view) => { send(view); await drawn(page, view) } })
    })
  } finally {
    await proxy.close()
    await app.close()
  }
}

async function drawn (page: Page, { traffic: { requests } }: View): Promise<void> {
  const figure = page.locator('[role=group][aria-label="Requests per second"] data').first()
  await until(`${requests} requests per second on the page`, async () => Number(await figure.getAttribute('value')) === requests)
}
