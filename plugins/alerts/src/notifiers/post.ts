import { Undelivered } from './notifier.ts'

const MAX_RETRY_AFTER_S = 300
const TOO_LATE = 408
const TOO_MANY = 429

/**
 * Posts JSON. Taken is what is answered with 2xx; a redirect is not followed, since it would carry the signature elsewhere.
 * @throws {Undelivered}
 */
export async function postJson (url: string, body: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { method: 'POST', body, redirect: 'manual', signal, headers: { ...headers, 'content-type': 'application/json' } })
  // The answer's body is nobody's business, and may be endless.
  await response.body?.cancel()
  const { status } = response
  if (status >= 200 && status < 300) return
  throw new Undelivered(`it answered ${status}`, {
    permanent: status >= 300 && status < 500 && status !== TOO_LATE && status !== TOO_MANY,
    retryAfterMs: retryAfterMs(response.headers.get('retry-after'))
  })
}

/** In seconds only: a date would need two clocks to agree. */
function retryAfterMs (header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header) ? 1000 * Math.min(Number(header), MAX_RETRY_AFTER_S) : undefined
}
