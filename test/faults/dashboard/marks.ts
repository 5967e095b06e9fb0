import type { Browser, Page } from 'playwright-core'
import type { View } from '../../../plugins/dashboard/src/view/view.ts'
import { misplacedMarks, timeCharts } from '../../dashboard/page-checks.ts'
import { until } from '../../dashboard/until.ts'
import { withFedPage } from './fed-page.ts'
import type { Report } from './report.ts'

const SECONDS = 60
const SPIKES = [17, 37, 53]

interface Drawn { readonly chart: string, readonly at: number, readonly near: number, readonly beside: number }

// Share of the plot's height that is drawn on, at the mark and beside it. What is drawn: pixels that differ from what most of their row looks like.
const DRAWN = `(() => {
  const stack = document.querySelector('[role=group][aria-label="Time charts"]')
  const marks = [...stack.querySelectorAll('[data-mark-at]')]
  return [...stack.querySelectorAll('[data-plot]')].flatMap((plot) => {
    const figure = plot.closest('[role=figure], figure')
    const [before = 0, after = 0] = plot.getAttribute('data-plot').split(' ').map(Number)
    const whole = plot.getBoundingClientRect()
    const box = { left: whole.left + before, top: whole.top, width: whole.width - before - after, height: whole.height }
    const second = box.width / (stack.getAttribute('data-to') - stack.getAttribute('data-from')) * 1000
    const canvas = figure.querySelector('canvas')
    const outer = canvas.getBoundingClientRect()
    const scale = canvas.width / outer.width
    const width = Math.round(box.width * scale)
    const height = Math.round(box.height * scale * 0.6)
    const { data } = canvas.getContext('2d').getImageData(Math.round((box.left - outer.left) * scale), Math.round((box.top - outer.top + 2) * scale), width, height)
    const pixels = new Uint32Array(data.buffer)
    const drawn = new Uint16Array(width)
    for (let y = 0; y < height; y++) {
      const row = pixels.subarray(y * width, (y + 1) * width)
      const counts = new Map()
      for (const pixel of row) counts.set(pixel, (counts.get(pixel) ?? 0) + 1)
      const usual = [...counts].sort((a, b) => b[1] - a[1])[0][0]
      row.forEach((pixel, x) => { if (pixel !== usual) drawn[x]++ })
    }
    return marks.map((mark) => {
      const { left, width: thick } = mark.getBoundingClientRect()
      const middle = Math.round((left + thick / 2 - box.left) * scale)
      const most = (from, to) => Math.max(0, ...drawn.subarray(Math.max(0, from), Math.min(width, to + 1))) / height
      const pixel = Math.ceil(1.5 * scale)
      // A spike falls to nothing within a second on either side.
      const aside = Math.ceil((second * 1.2 + 2) * scale)
      return { chart: figure.getAttribute('aria-label'), at: Number(mark.getAttribute('data-mark-at')), near: most(middle - pixel, middle + pixel), beside: Math.max(most(middle - aside - 4, middle - aside), most(middle + aside, middle + aside + 4)) }
    })
  })
})()`

/** A second in which every figure leaps, and a mark of the same time: they have to stand at the same place of every chart, in pixels. */
export async function marksOverSpikes (browser: Browser): Promise<Report> {
  return await withFedPage(browser, {}, async ({ page, view, show }) => {
    for (let second = 1; second <= SECONDS; second++) await show(calmOrSpike(view, second))
    await until('a mark for each spike', async () => (await timeCharts(page)).marks.length >= SPIKES.length)
    const charts = await timeCharts(page)
    const drawn = await drawnAtMarks(page, new Set(SPIKES.map((second) => timeOf(view, second))))
    const violations = misplacedMarks(charts)
    for (const { chart, at, near, beside } of drawn) {
      if (near < 0.3) violations.push(`${chart}: no spike within 1.5 px of the mark at ${at}`)
      if (beside > near / 2) violations.push(`${chart}: as much is drawn beside the mark at ${at} as at it`)
    }
    if (drawn.length < SPIKES.length * 4) violations.push(`only ${drawn.length} marks on charts`)
    return { operations: drawn.length, violations, figures: `${SPIKES.length} marks over spikes on ${charts.plots.length} charts` }
  })
}

async function drawnAtMarks (page: Page, times: ReadonlySet<number>): Promise<Drawn[]> {
  const all = await page.evaluate<Drawn[]>(DRAWN)
  return all.filter(({ at }) => times.has(at))
}

function timeOf (view: View, second: number): number { return view.at + second * 1000 }

function calmOrSpike (view: View, second: number): View {
  const at = timeOf(view, second)
  const spike = SPIKES.includes(second)
  const { instance = 'a' } = view.instances[0] ?? {}
  const worst = (calm: number, high: number): { readonly value: number, readonly instance: string } => ({ value: spike ? high : calm, instance })
  const ms = spike ? 2000 : 2
  return {
    ...view,
    id: view.id + second,
    at,
    // The figures tell one second from the next.
    traffic: { requests: (spike ? 1000 : 1) + second / 1000, errorShare: spike ? 0.5 : 0, refused: spike ? 500 : 0, aborted: 0, p50: ms, p95: ms, p99: ms, inFlight: spike ? 100 : 1, openStreams: 0 },
    saturation: { loop: worst(0.01, 1), loopDelay: worst(1, 900), cpu: worst(0.1, 2), heapFloor: worst(1e6, 5e8), memory: worst(0.1, 1), gc: worst(0, 0.9), gcPause: worst(0, 500) },
    heat: spike ? Array.from({ length: 60 }, (_, row) => [row, 50]).flat() : [5, 1],
    marks: spike ? [{ at, kind: 'journal', severity: 'warning', instance, component: 'battery', event: 'spike', text: `spike ${second}` }] : []
  }
}
