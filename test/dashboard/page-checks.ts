import type { Page } from 'playwright-core'
import type { PageWatch } from '../../tools/browser/page-watch.ts'
import { TRACE } from './hostile-texts.ts'

/**
 * What was asked for and is not the dashboard's, or what a hostile text asks for. `home` is where a dashboard is, as a
 * browser sees it: `http://host:port/prefix/`. (A component's hostile name may stand in an address, percent-encoded.)
 */
export function outsideRequests ({ requests }: PageWatch, home: string): string[] {
  return requests.map(({ url }) => url).filter((url) => !url.startsWith(home) || url.includes(`/${TRACE}-`))
}

const TRACES = `(() => {
  const found = []
  for (const element of document.querySelectorAll('*')) {
    const name = element.localName
    const say = (what) => found.push('<' + name + '> ' + what)
    if (element.hasAttribute('data-${TRACE}') || name.startsWith('${TRACE}')) say('was made of a text')
    if (['iframe', 'object', 'embed', 'base', 'form', 'math', 'template'].includes(name)) say('does not belong here')
    if (name === 'script' && element.src === '') say('is inline')
    for (const { name: attribute, value } of element.attributes) {
      if (attribute.startsWith('on')) say('has ' + attribute)
      if (['src', 'href', 'action', 'srcdoc', 'formaction', 'xlink:href'].includes(attribute) && /^\\s*(javascript|data|vbscript):/i.test(value)) say(attribute + '=' + value.slice(0, 60))
    }
  }
  if ({}.hostile !== undefined || Object.keys(Object.prototype).length > 0) found.push('Object.prototype was changed')
  return found
})()`

/** What hostile texts have become other than text. */
export async function hostileTraces (page: Page): Promise<string[]> {
  return await page.evaluate<string[]>(TRACES)
}

const SIDEWAYS = `(() => {
  const { scrollWidth, clientWidth } = document.documentElement
  if (scrollWidth <= clientWidth) return []
  const wide = [...document.querySelectorAll('body *')].filter((element) => element.getBoundingClientRect().right > clientWidth + 1)
  const culprits = wide.slice(-5).map((element) => element.localName + '.' + element.className + ' reaches ' + Math.round(element.getBoundingClientRect().right))
  return ['the page is ' + scrollWidth + ' px wide in ' + clientWidth + ' px: ' + culprits.join(', ')]
})()`

/** Whether, and by what, the page has to be scrolled sideways. */
export async function sidewaysScroll (page: Page): Promise<string[]> {
  return await page.evaluate<string[]>(SIDEWAYS)
}

const CELL = ([row, column]: readonly [string, string]): string => `(() => {
  for (const table of document.querySelectorAll('table')) {
    const index = [...table.querySelectorAll('thead th')].findIndex((header) => header.textContent.trim() === ${JSON.stringify(column)})
    const cells = [...table.querySelectorAll('tbody tr')].map((line) => [...line.children]).find(([first]) => first?.textContent.trim() === ${JSON.stringify(row)})
    const value = index === -1 ? undefined : cells?.[index]?.querySelector('data')?.getAttribute('value')
    if (value !== undefined && value !== null) return value
  }
  return ''
})()`

/** The raw figure in a table, of the row and the column of these names; NaN while there is none. */
export async function figureInTable (page: Page, row: string, column: string): Promise<number> {
  const value = await page.evaluate<string>(CELL([row, column]))
  return value === '' ? NaN : Number(value)
}

const CHARTS = `(() => {
  const stack = document.querySelector('[role=group][aria-label="Time charts"]')
  const box = (element) => { const { left, top, width, height } = element.getBoundingClientRect(); return { left, top, width, height } }
  return {
    from: Number(stack.getAttribute('data-from')),
    to: Number(stack.getAttribute('data-to')),
    plots: [...stack.querySelectorAll('[data-plot]')].map((plot) => {
      // Its value: the pixels left and right of the plot that are the axes'.
      const [before = 0, after = 0] = plot.getAttribute('data-plot').split(' ').map(Number)
      const { left, width, ...rest } = box(plot)
      return { chart: plot.closest('[role=figure], figure').getAttribute('aria-label'), ...rest, left: left + before, width: width - before - after }
    }),
    marks: [...stack.querySelectorAll('[data-mark-at]')].map((mark) => ({ at: Number(mark.getAttribute('data-mark-at')), ...box(mark) }))
  }
})()`

interface Box { readonly left: number, readonly top: number, readonly width: number, readonly height: number }

export interface TimeCharts {
  /** Milliseconds since the epoch at the left and the right edge of each plot. */
  readonly from: number
  readonly to: number
  readonly plots: ReadonlyArray<Box & { readonly chart: string }>
  readonly marks: ReadonlyArray<Box & { readonly at: number }>
}

/** The charts over time, which stand under one another, and the marks that cross them. */
export async function timeCharts (page: Page): Promise<TimeCharts> {
  return await page.evaluate<TimeCharts>(CHARTS)
}

/** The labels of the time axis below the last plot: a mark need not cross them. */
const TIMES_HEIGHT = 20

/** Where a mark is not at its time on some chart. */
export function misplacedMarks ({ from, to, plots, marks }: TimeCharts): string[] {
  return marks.flatMap((mark) => plots.flatMap((plot) => {
    const middle = mark.left + mark.width / 2
    const right = plot.left + plot.width * (mark.at - from) / (to - from)
    const faults: string[] = []
    if (Math.abs(middle - right) > 1.5) faults.push(`${plot.chart}: the mark is at ${middle} px, its time at ${right} px`)
    if (mark.top > plot.top + 1 || mark.top + mark.height < plot.top + plot.height - TIMES_HEIGHT) faults.push(`${plot.chart}: the mark does not cross it`)
    return faults
  }))
}
