import type { Rate } from './algorithm.ts'
import type { Standing } from './limited-request.ts'
import type { HeaderStyle } from './options.ts'

/** A string of structured fields (RFC 9651), for a name of printable ASCII. */
export function quoted (name: string): string { return `"${name.replace(/[\\"]/g, '\\$&')}"` }

/** A limit in `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10): quota, and window in seconds. */
export function policyItem (label: string, { limit, windowMs }: Rate): string { return `${label};q=${limit};w=${Math.ceil(windowMs / 1000)}` }

/** Of one request, with what its headers say of the limits that hold for it. */
export interface Announced extends Standing {
  /** The limit's name, quoted. */
  readonly label: string
  /** All limits, for `RateLimit-Policy`. */
  readonly policy: string
}

/** A Fastify reply, or whatever else takes headers. */
export interface HeaderTarget { header (name: string, value: string | number): unknown }

/** The names in lower case, since Fastify looks them up so. */
export function writeHeaders (target: HeaderTarget, style: HeaderStyle, { label, limit, remaining, resetMs, policy }: Announced): void {
  const reset = Math.ceil(resetMs / 1000)
  if (style === 'draft' || style === 'both') {
    target.header('ratelimit-policy', policy)
    target.header('ratelimit', reset > 0 ? `${label};r=${remaining};t=${reset}` : `${label};r=${remaining}`)
  }
  if (style === 'classic' || style === 'both') {
    target.header('x-ratelimit-limit', limit)
    target.header('x-ratelimit-remaining', remaining)
    target.header('x-ratelimit-reset', reset)
  }
}
