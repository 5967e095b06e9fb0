import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { accessibilityFaults } from '../../../tools/browser/axe.ts'
import { PageCost } from '../../../tools/browser/page-cost.ts'
import { hostileTexts } from '../../dashboard/hostile-texts.ts'
import { hostileTraces, misplacedMarks, outsideRequests, sidewaysScroll } from '../../dashboard/page-checks.ts'
import { withPage } from './visit.ts'

const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"

/** Pages with one fault each. */
const pages: Readonly<Record<string, { readonly body: string, readonly script?: string, readonly policy?: boolean }>> = {
  inline: { body: '<p style="color: red">inline style</p>', policy: true },
  markup: { body: '<main></main>', script: 'document.querySelector("main").innerHTML = "<b>made of a string</b>"', policy: true },
  naive: { body: '<main></main>', script: `document.querySelector("main").innerHTML = ${JSON.stringify(hostileTexts.join(' '))}` },
  unlabelled: { body: '<input><img src="/pixel"><p style="color: #ccc; background: #ddd">hardly to be read</p>' },
  wide: { body: '<div style="width: 3000px">wide</div>' },
  leaking: { body: '<p>leaking</p>', script: 'const kept = []; setInterval(() => kept.push(new Array(50000).fill(Math.random())), 10)' }
}

/** Whether each check sees the fault that it is for: the number of those that do, and of all. */
export async function convictControls (browser: Browser): Promise<{ readonly convicted: number, readonly all: number }> {
  const server = createServer((request, response) => {
    const [, name = '', part] = request.url?.split('/') ?? []
    const control = pages[name]
    if (part === 'script.js') {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(control?.script ?? '')
      return
    }
    response.writeHead(control === undefined ? 404 : 200, { 'content-type': 'text/html', ...(control?.policy === true && { 'content-security-policy': POLICY }) })
    response.end(`<!doctype html><html lang="en"><title>control</title><body>${control?.body ?? ''}<script src="/${name}/script.js"></script></body></html>`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const home = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const convicted = await withPage(browser, {}, async (page, watch) => {
    const go = async (name: string): Promise<void> => {
      watch.violations.length = 0
      watch.requests.length = 0
      await page.goto(`${home}${name}/`)
      await page.waitForTimeout(500)
    }
    const seen: Record<string, boolean> = {}
    await go('inline')
    seen['an inline style under the policy'] = watch.violations.length > 0
    await go('markup')
    seen['markup made of a string under Trusted Types'] = watch.violations.length > 0
    await go('naive')
    seen['elements made of hostile texts'] = (await hostileTraces(page)).length > 5
    seen['requests made by hostile texts'] = outsideRequests(watch, home).length > 0
    seen['a dialog opened by a hostile text'] = watch.dialogs.length > 0
    await go('unlabelled')
    seen['what axe is for'] = (await accessibilityFaults(page)).length > 1
    await go('wide')
    seen['a page to be scrolled sideways'] = (await sidewaysScroll(page)).length > 0
    await go('leaking')
    const cost = await PageCost.of(page)
    const before = await cost.heldBytes()
    await page.waitForTimeout(1000)
    seen['a page that keeps what it was given'] = await cost.heldBytes() - before > 2_000_000
    seen['a mark that is not at its time'] = misplacedMarks({ from: 0, to: 100, plots: [{ chart: 'one', left: 0, top: 0, width: 100, height: 10 }], marks: [{ at: 50, left: 60, top: 0, width: 1, height: 10 }] }).length > 0
    return seen
  })
  server.closeAllConnections()
  server.close()
  for (const [what, was] of Object.entries(convicted)) console.log(`control: ${what}: ${was ? 'convicted' : 'NOT SEEN'}`)
  return { convicted: Object.values(convicted).filter(Boolean).length, all: Object.keys(convicted).length }
}
