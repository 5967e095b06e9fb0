import type { Browser, Page } from 'playwright-core'
import type { View } from '../../../plugins/dashboard/src/view/view.ts'
import { misplacedMarks, timeCharts } from '../../dashboard/page-checks.ts'
import { until } from '../../dashboard/until.ts'
import { withFedPage } from './fed-page.ts'
import type { Report } from './report.ts'

const SECONDS = 60
const SPIKES = [17, 37, 53]

/** Heights above the bottom of the plot, as shares of it, up to which something is drawn. */
interface Drawn { readonly chart: string, readonly at: number, readonly atMark: number, readonly beside: number }

// What is drawn: pixels of any of the chart's canvases that differ from what most of their row looks like.
const DRAWN = `(() => {
  const stack = document.querySelector('[role=group][aria-label="Time charts"]')
  const second = (box) => box.width / (stack.getAttribute('data-to') - stack.getAttribute('data-from')) * 1000
  return [...stack.querySelectorAll('[data-plot]')].flatMap((plot) => {
    const figure = plot.closest('[role=figure], figure')
    const [before = 0, after = 0] = plot.getAttribute('data-plot').split(' ').map(Number)
    const whole = plot.getBoundingClientRect()
    const box = { left: whole.left + before, top: whole.top, width: whole.width - before - after, height: whole.height }
    const heights = new Float64Array(Math.ceil(box.width))
    for (const canvas of figure.querySelectorAll('canvas')) {
      const outer = canvas.getBoundingClientRect()
      const scale = canvas.width / outer.width
      const width = Math.floor(box.width * scale)
      const height = Math.floor(box.height * scale)
      if (outer.width < box.width) continue
      const { data } = canvas.getContext('2d').getImageData(Math.round((box.left - outer.left) * scale), Math.round((box.top - outer.top) * scale), width, height)
      const pixels = new Uint32Array(data.buffer)
      for (let y = height - 1; y >= 0; y--) {
        const row = pixels.subarray(y * width, (y + 1) * width)
        const counts = new Map()
        for (const pixel of row) counts.set(pixel, (counts.get(pixel) ?? 0) + 1)
        const usual = [...counts].sort((a, b) => b[1] - a[1])[0][0]
        row.forEach((pixel, x) => {
          const column = Math.floor(x / scale)
          if (pixel !== usual && !isGrid(pixels, x, width, height)) heights[column] = Math.max(heights[column], 1 - y / height)
        })
      }
    }
    return [...stack.querySelectorAll('[data-mark-at]')].map((mark) => {
      const { left, width } = mark.getBoundingClientRect()
      const middle = left + width / 2 - box.left
      const highest = (from, to) => Math.max(0, ...heights.subarray(Math.max(0, Math.round(from)), Math.max(0, Math.round(to) + 1)))
      // A spike falls to nothing within a second on either side.
      const aside = second(box) * 1.2 + 3
      return { chart: figure.getAttribute('aria-label'), at: Number(mark.getAttribute('data-mark-at')), atMark: highest(middle - 1.5, middle + 1.5), beside: Math.max(highest(middle - aside - 4, middle - aside), highest(middle + aside, middle + aside + 4)) }
    })
  })
  // A line of the grid has one colour from top to bottom.
  function isGrid (pixels, x, width, height) {
    const colour = pixels[Math.floor(height / 4) * width + x]
    return colour !== 0 && [0.35, 0.5, 0.65].every((share) => pixels[Math.floor(height * share) * width + x] === colour)
  }
})()`

/**
 * A second in which every figure leaps, and a mark of the same time: they have to stand at the same place of every chart,
 * in pixels.
 *
 * @param late milliseconds by which the marks are wrong: a positive control
 */
export async function marksOverSpikes (browser: Browser, late = 0): Promise<Report> {
  return await withFedPage(browser, {}, async ({ page, view, show }) => {
    for (let second = 1; second <= SECONDS; second++) await show(calmOrSpike(view, second, late))
    await until('a mark for each spike', async () => (await timeCharts(page)).marks.length >= SPIKES.length)
    const charts = await timeCharts(page)
    const drawn = await drawnAtMarks(page, new Set(SPIKES.map((second) => timeOf(view, second) + late)))
    const violations = misplacedMarks(charts)
    for (const { chart, at, atMark, beside } of drawn) {
      if (atMark < 0.6) violations.push(`${chart}: no spike within 1.5 px of the mark at ${at}: up to ${atMark.toFixed(2)} of the height`)
      if (beside > 0.5) violations.push(`${chart}: something is drawn up to ${beside.toFixed(2)} of the height beside the mark at ${at}`)
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

function calmOrSpike (view: View, second: number, late: number): View {
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
    marks: spike ? [{ at: at + late, kind: 'journal', severity: 'warning', instance, component: 'battery', event: 'spike', text: `spike ${second}` }] : []
  }
}
