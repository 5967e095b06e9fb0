/**
 * `npm run faults -- dashboard [--seed N] [--long] [--only part,part]`: the page in a real Chromium, on every page and
 * screen, in every place, with hostile texts and impossible figures, over outages and an hour's worth of views.
 * Exit code 1 on a violation, or when a positive control is not convicted.
 */
import { parseArgs } from 'node:util'
import { buildAssets } from '../../plugins/dashboard/build.ts'
import { startChromium } from '../../tools/services/chromium.ts'
import { accessibility } from './dashboard/accessibility.ts'
import { convictControls } from './dashboard/controls.ts'
import { extremeViews } from './dashboard/extreme-views.ts'
import { hostileTextsEverywhere } from './dashboard/hostile.ts'
import { marksOverSpikes } from './dashboard/marks.ts'
import { outages } from './dashboard/outage.ts'
import { policyMatrix } from './dashboard/policy-matrix.ts'
import { joined } from './dashboard/report.ts'
import type { Report } from './dashboard/report.ts'
import { soak } from './dashboard/soak.ts'

process.env['NODE_ENV'] = 'test'
const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, long: { type: 'boolean', default: false }, only: { type: 'string' } } })
const seed = Number(values.seed)
const { long } = values

const started = performance.now()
await buildAssets()
const browser = await startChromium()
const parts: Readonly<Record<string, () => Promise<Report>>> = {
  policy: () => policyMatrix(browser),
  accessibility: () => accessibility(browser),
  hostile: () => hostileTextsEverywhere(browser, long ? 14 : 4, seed),
  extreme: () => extremeViews(browser, long ? 2000 : 200, seed),
  marks: () => marksOverSpikes(browser),
  outages: () => outages(browser, long ? 20 : 4),
  soak: () => soak(browser, seed)
}
const names = values.only?.split(',') ?? Object.keys(parts)
const unknown = names.find((name) => !Object.hasOwn(parts, name))
if (unknown !== undefined) throw new Error(`--only is some of ${Object.keys(parts).join(', ')}, not ${unknown}`)

const reports: Report[] = []
for (const [name, run] of Object.entries(parts)) {
  if (!names.includes(name)) continue
  const report = await run()
  reports.push(report)
  console.log(`${name}: ${report.operations} operations, ${report.violations.length} violations; ${report.figures}`)
  for (const violation of report.violations) console.log(`VIOLATION ${name}: ${violation}`)
}
const { convicted, all } = await convictControls(browser)
const lateMarks = (await marksOverSpikes(browser, 3000)).violations.some((text) => text.includes('no spike'))
console.log(`control: marks three seconds beside what they mark: ${lateMarks ? 'convicted' : 'NOT SEEN'}`)
await browser.close()
const { operations, violations } = joined(reports)
console.log(`dashboard: seed ${seed}, ${reports.length} rounds, ${operations} operations, ${violations.length} violations, ${convicted + Number(lateMarks)} of ${all + 1} controls convicted, ${((performance.now() - started) / 1000).toFixed(0)} s`)
process.exit(violations.length === 0 && convicted === all && lateMarks ? 0 : 1)
