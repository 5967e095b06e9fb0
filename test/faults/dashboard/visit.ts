import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { watchPage } from '../../../tools/browser/page-watch.ts'
import type { PageWatch } from '../../../tools/browser/page-watch.ts'

/** A page in a context of its own, watched, for as long as `use` takes. */
export async function withPage<T> (browser: Browser, options: BrowserContextOptions, use: (page: Page, watch: PageWatch) => Promise<T>): Promise<T> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, ...options })
  try {
    const page = await context.newPage()
    return await use(page, await watchPage(page))
  } finally {
    await context.close()
  }
}
