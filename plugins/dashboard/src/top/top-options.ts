import { messageOf } from '@plimsoll/core'
import { parseArgs } from 'node:util'
import { UsageError } from './top-error.ts'

export interface TopOptions {
  /** Of the admin surface, without a slash at its end, and without user and password. */
  readonly url: string
  /** Of every request; undefined: none. */
  readonly authorization: string | undefined
  /** One instance instead of all of them. */
  readonly instance: string | undefined
  /** One view, and the end. */
  readonly once: boolean
  /** One line and an exit code, as monitoring systems want it. */
  readonly check: boolean
  readonly format: 'json' | 'text' | 'whichever'
}

export const USAGE: string = `usage: npx @plimsoll/dashboard top [options] URL

  URL               the service's admin surface: http://host/plimsoll, or its own listener, http://host:9090

  --once            show one second, and end
  --check           one line, and an exit code as monitoring plugins have it: 0 ok or notice, 1 warning, 2 critical, 3 unknown
  --instance ID     one instance; all of them where it is left out
  --token TOKEN     of a viewer; better in the environment, as PLIMSOLL_TOKEN, which no list of processes shows
  --json, --text    JSON lines or text, whether or not standard output is a terminal
  --help

  In a terminal: q ends it, i shows the next instance. In a pipe: a line of JSON a second.
  Exit codes: 0; 1 where there is nothing to show (standard error says why); 2 for wrong usage. See --check.
`

/** `help`: it was asked for. @throws UsageError that says what is wrong */
export function readOptions (args: readonly string[], environment: Readonly<Record<string, string | undefined>>): TopOptions | 'help' {
  const { values, positionals } = parse(args)
  if (values.help === true) return 'help'
  const [command, given, ...rest] = positionals
  if (command !== 'top') throw new UsageError('the one command is top')
  if (given === undefined) throw new UsageError('the URL is missing')
  if (rest.length > 0) throw new UsageError(`there is no use for ${rest.join(' ')}`)
  if (values.json === true && values.text === true) throw new UsageError('--json or --text, not both')
  if (values.instance === '') throw new UsageError('--instance needs an id')
  const { url, authorization } = addressOf(given)
  const token = values.token ?? environment['PLIMSOLL_TOKEN']
  return {
    url,
    authorization: token === undefined || token === '' ? authorization : bearer(token),
    instance: values.instance,
    once: values.once === true || values.check === true,
    check: values.check === true,
    format: values.json === true ? 'json' : values.text === true ? 'text' : 'whichever'
  }
}

const OPTIONS = {
  once: { type: 'boolean' },
  check: { type: 'boolean' },
  instance: { type: 'string' },
  token: { type: 'string' },
  json: { type: 'boolean' },
  text: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' }
} as const

type Parsed = ReturnType<typeof parseArgs<{ readonly args: string[], readonly allowPositionals: true, readonly options: typeof OPTIONS }>>

function parse (args: readonly string[]): Parsed {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS })
  } catch (error) {
    // Node's own message names the option, and shows no value.
    throw new UsageError(messageOf(error))
  }
}

/** Also the page's address, as it is copied from a browser. A user and password in it become basic authentication. */
function addressOf (given: string): Pick<TopOptions, 'url' | 'authorization'> {
  const url = URL.parse(given)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) throw new UsageError('the URL has to begin with http:// or https://')
  const { origin, pathname, username, password } = url
  const credentials = username === '' && password === '' ? undefined : `${decoded(username)}:${decoded(password)}`
  return {
    url: `${origin}${pathname.replace(/\/+$/, '').replace(/\/dashboard$/, '')}`,
    authorization: credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`
  }
}

function decoded (part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** Never shown, not even in what is wrong with it. */
function bearer (token: string): string {
  if (!/^[\x21-\x7e]+$/.test(token)) throw new UsageError('the token has characters that no token has: is it cut off, or does a line break follow it?')
  return `Bearer ${token}`
}
