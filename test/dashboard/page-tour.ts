import type { Page } from 'playwright-core'

/** Long enough for a machine that is slow and busy; nothing waits for it that is not late. */
export const PATIENCE_MS = 60_000

/** Opens a dashboard and waits until it shows figures. */
export async function openDashboard (page: Page, url: string): Promise<void> {
  await page.goto(url, { timeout: PATIENCE_MS })
  await showsFigures(page)
}

/** Waits until figures of the service stand on the overview. @throws {Error} with what stands there instead */
export async function showsFigures (page: Page): Promise<void> {
  try {
    await page.locator('[role=group][aria-label="Requests per second"] data:not([value=""])').first().waitFor({ timeout: PATIENCE_MS })
  } catch (error) {
    throw new Error(`no figures at ${page.url()}, but: ${await page.locator('body').innerText()}`, { cause: error })
  }
}

/** The names of the pages, as the navigation has them. */
export async function pageNames (page: Page): Promise<string[]> {
  const links = page.getByRole('navigation', { name: 'Pages' }).getByRole('link')
  await links.first().waitFor({ timeout: PATIENCE_MS })
  const names = await links.allInnerTexts()
  return names.map((name) => name.trim())
}

/** Goes to a page by its link, and waits until it shows what it has to show. */
export async function goTo (page: Page, name: string): Promise<void> {
  const link = page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: true })
  await link.click({ timeout: PATIENCE_MS })
  await page.locator(`nav a[aria-current=page]:has-text("${name}")`).waitFor({ state: 'attached', timeout: PATIENCE_MS })
  await page.locator('main:not([aria-busy=true]) :is(h1, h2)').first().waitFor({ timeout: PATIENCE_MS })
}

/** Waits until a whole second more has been drawn: what was told in it is on the page. */
export async function secondLater (page: Page): Promise<void> {
  const clock = page.locator('header .clock')
  for (let i = 0; i < 2; i++) {
    const shown = await clock.innerText()
    await clock.filter({ hasNotText: shown }).waitFor({ timeout: PATIENCE_MS })
  }
}

/** Signs in at the page that strangers see. */
export async function signIn (page: Page, token: string): Promise<void> {
  await page.getByLabel('Token').fill(token, { timeout: PATIENCE_MS })
  await page.getByRole('button', { name: 'Sign in' }).click()
}
