import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom } from '@plimsoll/core/testing'
import { PageCost } from '../../tools/browser/page-cost.ts'
import type { MainThread } from '../../tools/browser/page-cost.ts'
import { startChromium } from '../../tools/services/chromium.ts'
import { withFedPage } from '../../test/faults/dashboard/fed-page.ts'
import { VariedViews } from '../../test/faults/dashboard/varied-views.ts'
import { progress } from '../overload/progress.ts'
import { judge } from '../overload/row.ts'
import type { Row } from '../overload/row.ts'
import { summarize } from '../overload/statistics.ts'

const MOST_UPDATE_MS = 2
/** Quarter of an hour, in a minute: the charts are full, and V8 has seen enough to compile what runs. */
const UPDATES_BEFORE = 900
const BEFORE_EVERY_MS = 60

/**
 * What a second costs the main thread of a browser that shows a service of 50 routes whose figures all change: of a page
 * that was opened a moment ago, whose script is not yet compiled, and of one that has been open for a while, as it is left
 * open all day. Once a second, as they come.
 */
export async function updateRows (seconds: number): Promise<Row[]> {
  process.env['NODE_ENV'] = 'test'
  const browser = await startChromium()
  try {
    return await withFedPage(browser, {}, async ({ page, view, send, show }) => {
      const views = new VariedViews({ ...view, at: Date.now() - (UPDATES_BEFORE + 2 * seconds + 10) * 1000 }, seededRandom(1))
      await show(views.next())
      const cost = await PageCost.of(page)
      const measured = async (name: string): Promise<MainThread[]> => {
        const updates: MainThread[] = []
        for (let second = 1; second <= seconds; second++) {
          progress(`${name}: second ${second} of ${seconds}`)
          const before = await cost.mainThread()
          send(views.next())
          await delay(1000)
          const after = await cost.mainThread()
          updates.push({ tasks: after.tasks - before.tasks, script: after.script - before.script, layout: after.layout - before.layout })
        }
        return updates
      }
      const first = await measured('just opened')
      progress(`update: ${UPDATES_BEFORE} seconds`)
      for (let i = 0; i < UPDATES_BEFORE; i++) {
        send(views.next())
        await delay(BEFORE_EVERY_MS)
      }
      const open = await measured('open for a while')
      return [rowOf(`an update of a page in its first ${seconds} s`, first, false), rowOf('an update of a page that has been open for 15 minutes', open, true)]
    })
  } finally {
    await browser.close()
  }
}

function rowOf (what: string, updates: readonly MainThread[], isJudged: boolean): Row {
  const both = summarize(updates.map(({ script, layout }) => script + layout))
  const part = (name: keyof MainThread): string => `${summarize(updates.map((update) => update[name])).median.toFixed(2)} ms`
  return {
    section: 'update',
    what: `${what}: CPU of script, style and layout`,
    figure: `${both.median.toFixed(2)} ms (${both.min.toFixed(2)} … ${both.max.toFixed(2)})`,
    peers: { 'script alone': part('script'), 'style and layout': part('layout'), 'whole main thread': part('tasks') },
    target: isJudged ? `<= ${MOST_UPDATE_MS} ms` : '',
    noise: '',
    verdict: isJudged ? judge(both.median, { atMost: MOST_UPDATE_MS }, 0) : 'shown'
  }
}
