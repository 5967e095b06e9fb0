import type { FastifyRequest } from 'fastify'
import { AdminRefusedError } from '../operator-errors.ts'

/** Header that every request with an effect carries. A page of another origin can't set it without asking, and is never allowed. */
const ADMIN_REQUEST_HEADER = 'x-plimsoll-request'

/**
 * Against cross-site request forgery: a browser that is logged in must not act for somebody else's page. Programs such
 * as curl send neither `Sec-Fetch-Site` nor `Origin`.
 * @throws PLM_CORE_ADMIN_REFUSED
 */
export function checkSameOrigin ({ headers, host }: FastifyRequest): void {
  if (headers[ADMIN_REQUEST_HEADER] === undefined) throw new AdminRefusedError(`send the header ${ADMIN_REQUEST_HEADER}: 1 with requests that change something`)
  const site = headers['sec-fetch-site']
  if (site === 'same-origin') return
  if (site !== undefined) throw new AdminRefusedError('requests from other sites are refused')
  // A browser without Sec-Fetch-Site; `null` is the origin of sandboxed and local pages.
  if (headers.origin !== undefined && originHost(headers.origin) !== host) throw new AdminRefusedError('requests from other origins are refused')
}

function originHost (origin: string): string | undefined {
  return URL.parse(origin)?.host
}
