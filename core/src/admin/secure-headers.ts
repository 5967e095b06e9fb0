import type { FastifyReply, FastifyRequest } from 'fastify'

const STRICT_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY'
}

// An application that opens itself to other origins does not mean its operators' endpoints.
const CORS_HEADERS = ['allow-origin', 'allow-credentials', 'allow-methods', 'allow-headers', 'allow-private-network', 'expose-headers', 'max-age'].map((name) => `access-control-${name}`)

/** An onSend hook: strict headers, `overrides` in their place where a page needs more, and no CORS whatever a hook before has set. */
export function secureHeaders (overrides: Readonly<Record<string, string>>): (request: FastifyRequest, reply: FastifyReply, payload: unknown, done: (error: null, payload: unknown) => void) => void {
  const headers = { ...STRICT_HEADERS, ...overrides }
  return (_request, reply, payload, done) => {
    for (const name of CORS_HEADERS) reply.removeHeader(name)
    reply.headers(headers)
    done(null, payload)
  }
}
