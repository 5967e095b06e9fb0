/**
 * `node --conditions=plimsoll:source tools/dashboard-screenshots.ts [name,name]` takes the pictures of the dashboard's
 * README, of the showcase as `npm start` runs it. Takes some eight minutes; needs Chromium, and Redis for the three instances.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { palettePng } from './browser/palette-png.ts'
import type { Pixels } from './browser/palette-png.ts'
import { startChromium } from './services/chromium.ts'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'plugins/dashboard/screenshots')
/** What a page of the README can bear. */
const MOST_BYTES = 150_000
const START_MS = 60_000

interface Scene {
  /** Options of the showcase. */
  readonly showcase: readonly string[]
  readonly screen: BrowserContextOptions
  /** What has to stand on the page before the picture is taken, if anything: a selector. */
  readonly shown?: string
  /** Seconds to wait after that. */
  readonly seconds: number
  /** Which page. @default the overview */
  readonly page?: string
  /** Does something to the showcase first. */
  readonly before?: (printed: string) => Promise<void>
}

const figure = (name: string): string => `[role=group][aria-label='${name}'] data`
const desk = { viewport: { width: 1280, height: 720 } }
const scenes: Readonly<Record<string, Scene>> = {
  light: { showcase: ['--port', '0'], screen: { ...desk, colorScheme: 'light' }, seconds: 150 },
  dark: { showcase: ['--port', '0'], screen: { ...desk, colorScheme: 'dark' }, seconds: 45, before: hangPayments },
  phone: { showcase: ['--port', '0'], screen: { viewport: { width: 360, height: 740 }, deviceScaleFactor: 1.5, colorScheme: 'light' }, seconds: 45, before: hangPayments },
  overload: { showcase: ['--overload', '--scale', '0.6'], screen: { ...desk, colorScheme: 'light' }, shown: `${figure('Refused per second')}:not([value='0'])`, seconds: 25 },
  instances: { showcase: ['--instances', '3'], screen: { viewport: { width: 1280, height: 240 }, colorScheme: 'dark' }, page: 'Instances', shown: 'main :text("stale")', seconds: 3 }
}

const names = process.argv[2]?.split(',') ?? Object.keys(scenes)
mkdirSync(folder, { recursive: true })
const browser = await startChromium()
try {
  for (const name of names) {
    const scene = scenes[name]
    if (scene === undefined) throw new RangeError(`there is no scene ${name}: ${Object.keys(scenes).join(', ')}`)
    await take(browser, name, scene)
  }
} finally {
  await browser.close()
}

async function take (browser: Browser, name: string, { showcase, screen, shown, seconds, page: pageName, before }: Scene): Promise<void> {
  const child = spawn(process.execPath, ['--conditions=plimsoll:source', 'examples/showcase/main.ts', ...showcase], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => { text += chunk.toString() })
  const says = async (pattern: RegExp): Promise<string> => {
    const deadline = performance.now() + START_MS * 5
    for (;;) {
      const [found] = pattern.exec(text) ?? []
      if (found !== undefined) return found
      if (child.exitCode !== null || performance.now() > deadline) throw new Error(`${name}: ${pattern} was not printed:\n${text}`)
      await delay(100)
    }
  }
  const context = await browser.newContext(screen)
  try {
    const page = await context.newPage()
    // Of several instances the last: the first leads, and is the one that will be killed.
    const several = showcase.includes('--instances')
    await says(several ? /Each dashboard shows all/ : /#token=\S+\s/)
    const urls = text.match(/http:\S+\/dashboard\/#token=\S+/g)
    await page.goto(urls?.at(several ? -1 : 0) ?? '', { timeout: START_MS })
    await before?.(text)
    if (pageName !== undefined) await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: pageName, exact: true }).click()
    if (shown !== undefined) await page.locator(shown).first().waitFor({ timeout: START_MS * 5, state: 'attached' })
    await delay(seconds * 1000)
    await shoot(browser, page, name)
  } finally {
    await context.close()
    await end(child)
  }
}

async function shoot (browser: Browser, page: Page, name: string): Promise<void> {
  const png = palettePng(await pixelsOf(browser, await page.screenshot()))
  writeFileSync(join(folder, `${name}.png`), png)
  console.log(`${name}.png ${(png.length / 1000).toFixed(0)} kB`)
  if (png.length > MOST_BYTES) throw new Error(`${name}.png is larger than ${MOST_BYTES / 1000} kB`)
}

/** A browser reads pictures: an empty page of its own does. */
async function pixelsOf (browser: Browser, png: Buffer): Promise<Pixels> {
  const page = await browser.newPage()
  try {
    const { width, height, base64 } = await page.evaluate<{ width: number, height: number, base64: string }>(`(async () => {
      const image = await createImageBitmap(new Blob([Uint8Array.fromBase64('${png.toString('base64')}')]))
      const context = new OffscreenCanvas(image.width, image.height).getContext('2d')
      context.drawImage(image, 0, 0)
      return { width: image.width, height: image.height, base64: new Uint8Array(context.getImageData(0, 0, image.width, image.height).data.buffer).toBase64() }
    })()`)
    return { width, height, rgba: Buffer.from(base64, 'base64') }
  } finally {
    await page.close()
  }
}

/** The payment provider answers nobody any more, and customers go to the checkout. */
async function hangPayments (printed: string): Promise<void> {
  const [, switches = ''] = /(http:\S+\/switches)/.exec(printed) ?? []
  const [, shop = ''] = /(http:\S+)\/products/.exec(printed) ?? []
  const checkouts = setInterval(() => {
    fetch(`${shop}/checkout`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"lines":[{"id":7,"quantity":2}]}' }).then(async (answer) => await answer.text()).catch(() => {})
  }, 100)
  checkouts.unref()
  await delay(45_000)
  await fetch(switches, { method: 'PUT', body: '{"hangs":1}' })
}

async function end (child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGINT')
  await exited
}
