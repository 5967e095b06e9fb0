import type { CDPSession, Page } from 'playwright-core'

/** What a page did: what it should not have done, and what it fetched. Grows while the page lives. */
export interface PageWatch {
  /** Violations of its Content Security Policy and of Trusted Types. */
  readonly violations: string[]
  /** Errors and warnings on the console, and uncaught exceptions. */
  readonly complaints: string[]
  /** Of alert(), confirm() and prompt(); they are dismissed. */
  readonly dialogs: string[]
  readonly requests: WatchedRequest[]
}

export interface WatchedRequest {
  readonly url: string
  /** DevTools' word, such as `Document`, `Script`, `EventSource`. */
  readonly type: string
  status: number | undefined
  /** With headers, as compressed, so far. */
  bytes: number
}

// Console texts vary between versions; the event does not.
const REPORT_VIOLATIONS = `addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sourceFile, lineNumber, sample }) => {
  console.error('[violation] ' + [effectiveDirective, blockedURI, sourceFile + ':' + lineNumber, sample].join(' '))
}, true)`

/** Call it before the page goes anywhere. */
export async function watchPage (page: Page): Promise<PageWatch> {
  const watch: PageWatch = { violations: [], complaints: [], dialogs: [], requests: [] }
  await page.addInitScript(REPORT_VIOLATIONS)
  page.on('console', (message) => {
    const text = message.text()
    if (/^\[violation\]|content security policy|trusted ?(type|html|script)/i.test(text)) watch.violations.push(text)
    else if (message.type() === 'error' || message.type() === 'warning') watch.complaints.push(`${message.type()}: ${text} (${message.location().url})`)
  })
  page.on('pageerror', (error) => { watch.complaints.push(`uncaught: ${error.stack ?? error.message}`) })
  page.on('dialog', (dialog) => {
    watch.dialogs.push(`${dialog.type()}: ${dialog.message()}`)
    dialog.dismiss().catch(() => {})
  })
  watchNetwork(await page.context().newCDPSession(page), watch.requests)
  return watch
}

async function watchNetwork (session: CDPSession, requests: WatchedRequest[]): Promise<void> {
  const underWay = new Map<string, WatchedRequest>()
  session.on('Network.requestWillBeSent', ({ requestId, request: { url }, type = 'Other', redirectResponse }) => {
    const before = underWay.get(requestId)
    if (before !== undefined && redirectResponse !== undefined) settle(before, redirectResponse)
    const request: WatchedRequest = { url, type, status: undefined, bytes: 0 }
    underWay.set(requestId, request)
    requests.push(request)
  })
  session.on('Network.responseReceived', ({ requestId, response }) => {
    const request = underWay.get(requestId)
    if (request !== undefined) settle(request, response)
  })
  session.on('Network.dataReceived', ({ requestId, encodedDataLength }) => {
    const request = underWay.get(requestId)
    if (request !== undefined) request.bytes += encodedDataLength
  })
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const request = underWay.get(requestId)
    if (request !== undefined) request.bytes = encodedDataLength
    underWay.delete(requestId)
  })
  await session.send('Network.enable')
}

function settle (request: WatchedRequest, { status, encodedDataLength }: { readonly status: number, readonly encodedDataLength: number }): void {
  request.status = status
  request.bytes = encodedDataLength
}
