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

/** Puts strict headers on a reply, `overrides` in their place where a page needs more, and takes off CORS, whatever a hook before has set. */
export function secure (reply: FastifyReply, overrides: Readonly<Record<string, string>>): void {
  for (const name of CORS_HEADERS) reply.removeHeader(name)
  reply.headers(STRICT_HEADERS).headers(overrides)
}

/** The same as an onSend hook. */
export function secureHeaders (overridesOf: (reply: FastifyReply) => Readonly<Record<string, string>>): (request: FastifyRequest, reply: FastifyReply, payload: unknown, done: (error: null, payload: unknown) => void) => void {
  return (_request, reply, payload, done) => {
    secure(reply, overridesOf(reply))
    done(null, payload)
  }
}
