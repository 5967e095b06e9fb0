import type { Browser } from 'playwright-core'
import type { View } from '../../../plugins/dashboard/src/view/view.ts'
import { seededRandom } from '@plimsoll/core/testing'
import type { Random } from '../../../tools/load/random.ts'
import { hostileTraces, sidewaysScroll } from '../../dashboard/page-checks.ts'
import { goTo, pageNames } from '../../dashboard/page-tour.ts'
import { withFedPage } from './fed-page.ts'
import type { Report } from './report.ts'

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

const NUMBERS = [0, -0, 1, -1, 0.5, 1e-9, 999.5, 1e3, 1e6, 2 ** 31, 2 ** 53, 1e21, 1e308, -1e308, 5e-324]
/** Numbers that the stream of events and the axis of time live on. */
const KEPT = new Set(['id', 'at'])

/** Views as no service sends them, but a broken instance may: the page has to stay whole, and right with the next good one. */
export async function extremeViews (browser: Browser, count: number, seed: number): Promise<Report> {
  const random = seededRandom(seed)
  return await withFedPage(browser, {}, async ({ page, watch, view, send, show }) => {
    const violations: string[] = []
    const names = await pageNames(page)
    for (let n = 1; n <= count; n++) {
      const extreme = mutated(view, random)
      send({ ...extreme, id: view.id + n * 2, at: view.at + n * 1000 })
      if (n % 10 !== 0) continue
      await goTo(page, names[n / 10 % names.length] ?? 'Overview')
      violations.push(...[...await hostileTraces(page), ...await sidewaysScroll(page)].map((text) => `view ${n}: ${text}`))
      await goTo(page, 'Overview')
      // Whatever came before, the next view stands there.
      await show({ ...view, id: view.id + n * 2 + 1, at: view.at + n * 1000 + 500, traffic: { ...view.traffic, requests: n } })
    }
    violations.push(...watch.violations, ...watch.complaints, ...watch.dialogs)
    return { operations: count, violations, figures: `${count} extreme views` }
  })
}

/** A few fields of a view replaced by what their types allow and nobody expects. */
function mutated (view: View, random: Random): View {
  const pick = <T>(values: readonly T[]): T | undefined => values[Math.floor(random() * values.length)]
  const mutate = (value: Json, key: string): Json => {
    if (Array.isArray(value)) {
      const items = value.map((item) => mutate(item, key))
      const fate = random()
      if (fate < 0.1) return []
      if (fate < 0.2 && items.length > 0) return Array.from({ length: 50 }, (_, i) => items[i % items.length] ?? null)
      return items
    }
    if (typeof value === 'number') return KEPT.has(key) || random() < 0.6 ? value : pick(NUMBERS) ?? 0
    if (value === null) return random() < 0.5 ? null : pick(NUMBERS) ?? 0
    if (typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mutate(item, name)]))
  }
  const { heat, ...rest } = view
  return { ...JSON.parse(JSON.stringify(mutate(JSON.parse(JSON.stringify(rest)), ''))), heat: random() < 0.5 ? heat : [0, 1, 60, 1e15] }
}
