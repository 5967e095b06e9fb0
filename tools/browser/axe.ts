import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

interface AxeNode { readonly target: readonly unknown[], readonly failureSummary?: string }
interface AxeRule { readonly id: string, readonly impact: string | null, readonly nodes: readonly AxeNode[] }

const WORLD = 'axe'
const source = (): string => readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const RUN = 'axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => JSON.stringify(violations))'

/**
 * What axe-core has against the page as it is now, one line each; all its rules.
 * It runs in an isolated world: there the page's policy does not hold, and the page sees nothing of it.
 */
export async function accessibilityFaults (page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page)
  try {
    const { frameTree } = await session.send('Page.getFrameTree')
    const { executionContextId: contextId } = await session.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id, worldName: WORLD })
    await session.send('Runtime.evaluate', { expression: `${source()};0`, contextId })
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', { expression: RUN, contextId, awaitPromise: true, returnByValue: true })
    if (exceptionDetails !== undefined) throw new Error(`axe: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`)
    const rules: readonly AxeRule[] = JSON.parse(String(result.value))
    return rules.flatMap(({ id, impact, nodes }) => nodes.map(({ target, failureSummary = '' }) => `${id} (${impact ?? 'minor'}) ${target.join(' ')}: ${failureSummary.replaceAll(/\s+/g, ' ')}`))
  } finally {
    await session.detach()
  }
}
