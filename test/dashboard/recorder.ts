import type { Page } from 'playwright-core'

/** What the page was sent, and what it then showed. */
export interface Shown {
  /** Milliseconds of the page's clock at which the event came. */
  readonly at: number
  readonly view: {
    readonly at: number
    readonly traffic: { readonly requests: number, readonly errorShare: number, readonly p50: number | null, readonly p99: number | null, readonly inFlight: number, readonly refused: number }
  }
  /** Raw values of the figures, by their names; empty for none. */
  readonly figures: Readonly<Record<string, string>>
}

// Stands between the page and its stream of events: what is shown is read after the frame in which it was drawn.
const RECORD = `{
  const shown = globalThis.plimsollShown = []
  const stale = globalThis.plimsollStale = []
  const Native = EventSource
  globalThis.EventSource = class extends Native {
    constructor (...args) {
      super(...args)
      this.addEventListener('metrics', ({ data }) => {
        const at = performance.now()
        setTimeout(() => requestAnimationFrame(() => setTimeout(() => {
          const figures = {}
          for (const group of document.querySelectorAll('[role=group][aria-label]')) {
            const value = group.querySelector('data')
            if (value !== null) figures[group.getAttribute('aria-label')] = value.getAttribute('value')
          }
          const { at: end, traffic } = JSON.parse(data)
          shown.push({ at, view: { at: end, traffic }, figures })
        })))
      })
    }
  }
  new MutationObserver(() => {
    const now = document.querySelector('[data-stale=true]') !== null
    if (now !== (stale.length % 2 === 1)) stale.push(performance.now())
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-stale'] })
}`

/** Call it before the page goes anywhere. */
export async function recordShown (page: Page): Promise<void> {
  await page.addInitScript(RECORD)
}

export async function shownSoFar (page: Page): Promise<Shown[]> {
  return await page.evaluate<Shown[]>('plimsollShown')
}

/** Milliseconds of the page's clock at which it began to be stale, ended to be, began … */
export async function staleSoFar (page: Page): Promise<number[]> {
  return await page.evaluate<number[]>('plimsollStale')
}
