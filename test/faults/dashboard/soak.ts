import { setTimeout as delay } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { PageCost } from '../../../tools/browser/page-cost.ts'
import { seededRandom } from '@plimsoll/core/testing'
import { withFedPage } from './fed-page.ts'
import type { Report } from './report.ts'
import { VariedViews } from './varied-views.ts'

const FRAMES = 3600
const EVERY_MS = 50
/** Held bytes are read so often; garbage is collected first. */
const PARTS = 6
const MOST_GROWTH = 2_000_000
const MOST_UPDATE_MS = 2
/** Nodes and listeners that come and go with alerts and marks. */
const MOST_NODES = 1000

/** An hour of views in three minutes: what the page holds after it, and what an update costs its main thread. */
export async function soak (browser: Browser, seed: number): Promise<Report> {
  return await withFedPage(browser, {}, async ({ page, watch, view, send, show }) => {
    const now = Date.now()
    const views = new VariedViews({ ...view, at: now - FRAMES * 1000 }, seededRandom(seed))
    await show(views.next())
    const cost = await PageCost.of(page)
    const held = [await cost.heldBytes()]
    const { nodes } = await cost.domCounters()
    const spent = { tasks: 0, script: 0, layout: 0 }
    for (let part = 0; part < PARTS; part++) {
      const before = await cost.mainThread()
      const started = performance.now()
      for (let i = 1; i <= FRAMES / PARTS; i++) {
        send(views.next())
        await delay(Math.max(0, started + i * EVERY_MS - performance.now()))
      }
      const after = await cost.mainThread()
      spent.tasks += after.tasks - before.tasks
      spent.script += after.script - before.script
      spent.layout += after.layout - before.layout
      held.push(await cost.heldBytes())
    }
    const growth = (held.at(-1) ?? NaN) - (held[0] ?? NaN)
    const late = (held.at(-1) ?? NaN) - (held[PARTS / 2] ?? NaN)
    const more = (await cost.domCounters()).nodes - nodes
    const update = (spent.script + spent.layout) / FRAMES
    const violations = [...watch.violations, ...watch.complaints]
    if (!(growth < MOST_GROWTH)) violations.push(`the page holds ${(growth / 1e6).toFixed(2)} MB more after ${FRAMES} frames (${held.map((bytes) => (bytes / 1e6).toFixed(2)).join(', ')} MB)`)
    if (!(more < MOST_NODES)) violations.push(`${more} DOM nodes more after ${FRAMES} frames`)
    if (!(update < MOST_UPDATE_MS)) violations.push(`an update takes ${update.toFixed(2)} ms`)
    return {
      operations: FRAMES,
      violations,
      figures: `${FRAMES} frames at ${1000 / EVERY_MS} Hz: ${mb(growth)} more held, ${mb(late)} of it in the second half, ${more} DOM nodes more; an update takes ${update.toFixed(2)} ms (script ${(spent.script / FRAMES).toFixed(2)}, style and layout ${(spent.layout / FRAMES).toFixed(2)}; all tasks ${(spent.tasks / FRAMES).toFixed(2)})`
    }
  })
}

function mb (bytes: number): string { return `${(bytes / 1e6).toFixed(2)} MB` }
