import type { FastifyRequest } from 'fastify'

/** Holds a token for a browser, which sends no `Authorization: Bearer`, and whose EventSource can't. */
const COOKIE_NAME = 'plimsoll-token'
const MAX_TOKEN_LENGTH = 4096
const TOKEN = /^[\x21-\x7e]+$/

/**
 * The `Set-Cookie` that signs a browser in with the bearer token of this request, or `undefined` where it has none.
 *
 * It names no path: a browser then sends it to the folder that it sees this endpoint in, which is the surface's prefix
 * also behind a proxy that rewrites paths. It ends with the browser. The server keeps nothing, so that a token that is
 * no longer accepted is refused at once, and every instance behind a balancer agrees.
 */
export function signInCookie (request: FastifyRequest): string | undefined {
  const [, token = ''] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? []
  if (!TOKEN.test(token) || token.length > MAX_TOKEN_LENGTH) return undefined
  return `${COOKIE_NAME}=${encodeURIComponent(token)}; HttpOnly; SameSite=Strict${isSecure(request) ? '; Secure' : ''}`
}

/** The `Set-Cookie` that signs a browser out; of an endpoint in the same folder as the one that signed it in. */
export const SIGN_OUT_COOKIE: string = `${COOKIE_NAME}=; HttpOnly; SameSite=Strict; Max-Age=0`

/** A request that carries the cookie, and no authorization of its own, is one with that bearer token. */
export function readSignInCookie ({ headers }: FastifyRequest): void {
  if (headers.authorization !== undefined) return
  const [, value] = /(?:^|;) *plimsoll-token=([^; ]+)/.exec(headers.cookie ?? '') ?? []
  if (value === undefined) return
  const token = decoded(value)
  if (TOKEN.test(token) && token.length <= MAX_TOKEN_LENGTH) headers.authorization = `Bearer ${token}`
}

/** A proxy that ends TLS need not be trusted for it: the browser says itself where its page came from. */
function isSecure ({ protocol, headers }: FastifyRequest): boolean {
  return protocol === 'https' || headers.origin?.startsWith('https:') === true
}

function decoded (value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return ''
  }
}
