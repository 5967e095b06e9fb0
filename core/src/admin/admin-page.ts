import type { FastifyReply, FastifyRequest } from 'fastify'
import { SIGN_IN_HEADERS, signInPage } from './sign-in-page.ts'

/** What a page for people has beyond an endpoint: a place to sign in, and one spelling. */
export class AdminPage {
  readonly #name: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #depth: number

  /** `url`: the route's, below the prefix, such as `/dashboard/`. */
  constructor (url: string, headers: Readonly<Record<string, string>>) {
    this.#name = url.split('/').at(-2)!
    this.#headers = headers
    this.#depth = url.split('/').length - 2
  }

  headersOf ({ statusCode }: FastifyReply): Readonly<Record<string, string>> {
    return statusCode === 401 ? SIGN_IN_HEADERS : this.#headers
  }

  /** Sends a browser that left out the slash to the right place; relative, so that it holds behind a rewriting proxy. */
  redirects ({ url }: FastifyRequest, reply: FastifyReply): boolean {
    const [path, query] = split(url)
    if (path.endsWith('/')) return false
    reply.redirect(`${this.#name}/${query}`, 302)
    return true
  }

  /** Answers a stranger's browser with a page to sign in; programs are told in JSON. */
  signsIn ({ url, headers: { accept = '' } }: FastifyRequest, reply: FastifyReply): boolean {
    if (!accept.includes('text/html')) return false
    const depth = split(url)[0].endsWith('/') ? this.#depth : this.#depth - 1
    reply.code(401).type('text/html; charset=utf-8').send(signInPage(`${'../'.repeat(depth)}session`))
    return true
  }
}

function split (url: string): readonly [path: string, query: string] {
  const at = url.indexOf('?')
  return at === -1 ? [url, ''] : [url.slice(0, at), url.slice(at)]
}
