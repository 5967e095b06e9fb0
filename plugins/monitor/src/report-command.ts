import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { messageOf } from '@plimsoll/core'
import type { Report } from './report.ts'
import { reportHtml } from './report-html.ts'

export interface CommandPorts {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number
  readonly print: (text: string) => void
  readonly complain: (text: string) => void
}

const USAGE = `usage: npx @plimsoll/monitor report --url http://127.0.0.1:9090 [--from 15m] [--to ISO date] [--format html] [--output FILE]

  --url      the service's admin surface: its own listener, or the application with its prefix (http://host/plimsoll)
  --from     an ISO date, or how long ago: 90s, 15m, 6h. Default: as far back as the history goes
  --to       the same. Default: now
  --format   html or json. Default: html
  --output   a file. Default: standard output
  The token of a viewer is taken from the environment's PLIMSOLL_TOKEN.
`

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Runs the command line; resolves with the exit code: 0, 1 where the service had no report to give, 2 for wrong usage. */
export async function runCommand (args: readonly string[], ports: CommandPorts): Promise<number> {
  let settings: Settings
  try {
    settings = settingsOf(args, ports)
  } catch (error) {
    ports.complain(`${messageOf(error)}\n\n${USAGE}`)
    return 2
  }
  try {
    const report = await fetchReport(settings, ports.environment['PLIMSOLL_TOKEN'])
    const text = settings.format === 'json' ? `${JSON.stringify(report, undefined, 2)}\n` : reportHtml(report)
    if (settings.output === undefined) ports.print(text)
    else await writeFile(settings.output, text)
    return 0
  } catch (error) {
    ports.complain(`${messageOf(error)}\n`)
    return 1
  }
}

interface Settings {
  readonly url: URL
  readonly format: string
  readonly output: string | undefined
}

/** @throws Error that says what is wrong */
function settingsOf (args: readonly string[], { now }: Pick<CommandPorts, 'now'>): Settings {
  const { positionals, values: { url, from, to, format, output } } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { url: { type: 'string' }, from: { type: 'string' }, to: { type: 'string' }, format: { type: 'string', default: 'html' }, output: { type: 'string' } }
  })
  if (positionals.length !== 1 || positionals[0] !== 'report') throw new Error('the one command is report')
  if (format !== 'html' && format !== 'json') throw new Error(`--format ${format}: give html or json`)
  if (url === undefined || !URL.canParse(url)) throw new Error('--url is missing or no URL')
  const endpoint = new URL(`${url.replace(/\/$/, '')}/monitor/report`)
  for (const [name, given] of [['from', from], ['to', to]] as const) {
    if (given !== undefined) endpoint.searchParams.set(name, String(instantOf(name, given, now())))
  }
  return { url: endpoint, format, output }
}

function instantOf (name: string, given: string, now: number): number {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(given) ?? []
  const at = count === undefined ? Date.parse(given) : now - Number(count) * UNIT_MS[unit]!
  if (Number.isNaN(at)) throw new Error(`--${name} ${given}: give an ISO date, or how long ago, such as 15m`)
  return at
}

/** @throws Error with what the service answered */
async function fetchReport ({ url }: Settings, token: string | undefined): Promise<Report> {
  const response = await fetch(url, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(30_000) })
  const body: unknown = await response.json()
  if (!response.ok) throw new Error(`${url.origin} answered ${response.status}: ${JSON.stringify(body).slice(0, 500)}`)
  // Of a service of ours that an operator has named; it is only written out, escaped.
  return body as Report
}
