import type { CDPSession, Page } from 'playwright-core'

/** What a page's main thread did since it was made. */
export interface MainThread {
  /** Milliseconds of all its tasks: script, style, layout, painting and what the browser itself does there. */
  readonly tasks: number
  /** Milliseconds of script. */
  readonly script: number
  /** Milliseconds of style and layout. */
  readonly layout: number
}

/** Figures of a page from outside, by the DevTools protocol: the page is not changed by being measured. */
export class PageCost {
  readonly #session: CDPSession

  private constructor (session: CDPSession) {
    this.#session = session
  }

  static async of (page: Page): Promise<PageCost> {
    const session = await page.context().newCDPSession(page)
    await session.send('Performance.enable', { timeDomain: 'threadTicks' })
    return new PageCost(session)
  }

  /** CPU time of the main thread so far. */
  async mainThread (): Promise<MainThread> {
    const { metrics } = await this.#session.send('Performance.getMetrics')
    const seconds = new Map(metrics.map(({ name, value }) => [name, value]))
    const ms = (name: string): number => (seconds.get(name) ?? NaN) * 1000
    return { tasks: ms('TaskDuration'), script: ms('ScriptDuration'), layout: ms('LayoutDuration') + ms('RecalcStyleDuration') }
  }

  /** Bytes of script objects that are really held: garbage is collected first, twice, since weak references take a round. */
  async heldBytes (): Promise<number> {
    await this.#session.send('HeapProfiler.collectGarbage')
    await this.#session.send('HeapProfiler.collectGarbage')
    const { usedSize } = await this.#session.send('Runtime.getHeapUsage')
    return usedSize
  }

  /** DOM nodes and listeners that are held: what a heap figure does not show. */
  async domCounters (): Promise<{ readonly nodes: number, readonly listeners: number }> {
    const { nodes, jsEventListeners } = await this.#session.send('Memory.getDOMCounters')
    return { nodes, listeners: jsEventListeners }
  }
}

/** Milliseconds from navigation to the first contentful paint. */
export async function firstContentfulPaint (page: Page): Promise<number> {
  return await page.evaluate<number>(`new Promise((resolve) => new PerformanceObserver((list) => {
    for (const { name, startTime } of list.getEntries()) if (name === 'first-contentful-paint') resolve(startTime)
  }).observe({ type: 'paint', buffered: true }))`)
}
