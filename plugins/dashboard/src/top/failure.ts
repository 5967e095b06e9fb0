import { messageOf } from '@plimsoll/core'
import { cut, printable } from './printable.ts'
import { TopError } from './top-error.ts'

const MAX_MESSAGE = 200
const BUSY_MS = 1_000
const MIN_BUSY_MS = 200
const MAX_BUSY_MS = 5_000

/** What became of a request that got no answer, in one line. */
export function failureOf (error: unknown, url: string): TopError {
  if (error instanceof TopError) return error
  const code = codeOf(error)
  if (code === 'ECONNREFUSED') return new TopError(`${url} refuses connections: nothing listens there`)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return new TopError(`${url}: no such host is known`)
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return new TopError(`${url} has a certificate for another name`, { final: true })
  if (CERTIFICATE.test(code)) return new TopError(`${url} has a certificate that cannot be verified (${code}): name the file of its authority in NODE_EXTRA_CA_CERTS`, { final: true })
  if (/^(EPROTO|ERR_SSL_.*)$/.test(code)) return new TopError(`${url} speaks no TLS that is understood here (${code}): is it http://?`, { final: true })
  return new TopError(`${url} does not answer: ${line(messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error))}`)
}

/** What a service answered that has no figures for us. */
export async function refusalOf (response: Response, url: string, withCredentials: boolean): Promise<TopError> {
  const { status } = response
  if (status === 401) {
    return withCredentials
      ? new TopError(`${url} does not accept this token`, { final: true })
      : new TopError(`${url} wants to know who you are: give a viewer's token in the environment as PLIMSOLL_TOKEN`, { final: true })
  }
  if (status === 403) return new TopError(`${url} knows you, and does not let you look: a viewer's role is needed`, { final: true })
  if (status === 404) return new TopError(`there is no dashboard at ${url}: give the address of the admin surface, such as http://host/plimsoll, of a service that registers @plimsoll/dashboard`)
  if (status >= 300 && status < 400) return new TopError(`${url} redirects to ${line(response.headers.get('location') ?? 'nowhere')}: give that address`)
  return new TopError(`${url} answers ${status}${await messageIn(response)}`, { busyMs: busyMsOf(response) })
}

/** `undefined`: it is not busy. */
export function busyMsOf ({ status, headers }: Response): number | undefined {
  if (status !== 429 && status !== 503) return undefined
  const seconds = headers.get('retry-after') ?? ''
  return /^\d{1,5}$/.test(seconds) ? Math.min(Math.max(Number(seconds) * 1000, MIN_BUSY_MS), MAX_BUSY_MS) : BUSY_MS
}

export function notAStream (response: Response, url: string): TopError {
  return new TopError(`${url} answers with ${line(response.headers.get('content-type') ?? 'something that has no type')}: it is no admin surface of Plimsoll`)
}

const CERTIFICATE = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|CERT_\w+|ERR_TLS_CERT\w*)$/

/** Of the innermost cause, where undici puts what happened. */
function codeOf (error: unknown): string {
  if (!(error instanceof Error)) return ''
  if (error.cause !== undefined) return codeOf(error.cause)
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** Of an error of the admin surface, or of Fastify, which refuses ahead of it. */
async function messageIn (response: Response): Promise<string> {
  try {
    const body: unknown = JSON.parse((await response.text()).slice(0, 10_000))
    const { error, message } = Object(body)
    const said: unknown = Object(error).message ?? message
    if (typeof said === 'string') return `: ${line(said)}`
  } catch {
    // A proxy's page, or nothing.
  }
  return ''
}

function line (text: string): string { return cut(printable(text), MAX_MESSAGE) }
