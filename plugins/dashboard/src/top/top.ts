import type { Clock } from '@plimsoll/core'
import type { ComponentDetail, View } from '../view/view.ts'
import { checkLine, CHECK_UNKNOWN } from './check-line.ts'
import { LiveOverview } from './live-overview.ts'
import { paintOf } from './paint.ts'
import { printable, printableJson } from './printable.ts'
import { screenLines } from './screen.ts'
import { Service } from './service.ts'
import type { Keyboard, Output } from './terminal.ts'
import { TopError, UsageError } from './top-error.ts'
import { readOptions, USAGE } from './top-options.ts'
import type { TopOptions } from './top-options.ts'

export interface TopPorts {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly out: Output
  readonly keyboard?: Keyboard
  readonly complain: (text: string) => void
  /** Aborted: an orderly end. */
  readonly signal: AbortSignal
  /** @default the global one */
  readonly fetch?: typeof fetch
}

const PAPER_WIDTH = 120
const COMPONENTS_EVERY_MS = 5_000
/** For one view: a service at which nobody looked has its first after a second or two. */
const PATIENCE_MS = 20_000
const FAILED = 1
const WRONG_USAGE = 2

/** Runs the command line; resolves with the exit code, which {@link USAGE} explains. */
export async function runTop (args: readonly string[], ports: TopPorts): Promise<number> {
  const { complain, environment, out } = ports
  try {
    const options = readOptions(args, environment)
    if (options === 'help') {
      out.write(USAGE)
      return 0
    }
    return await show(options, ports)
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof TopError)) throw error
    const message = printable(error.message)
    if (args.includes('--check')) {
      out.write(`PLIMSOLL UNKNOWN - ${message}\n`)
      return CHECK_UNKNOWN
    }
    complain(error instanceof UsageError ? `${message}\n\n${USAGE}` : `${message}\n`)
    return error instanceof UsageError ? WRONG_USAGE : FAILED
  }
}

async function show (options: TopOptions, ports: TopPorts): Promise<number> {
  const { clock, environment, out } = ports
  const service = new Service(options, ports)
  const ending = new AbortController()
  const signal = AbortSignal.any([ports.signal, ending.signal])
  // Who reads has read enough, such as `head`.
  out.on('error', () => { ending.abort() })
  if (options.once) return await showOnce(service, options, { ...ports, signal })
  const isTerminal = out.isTTY === true && environment['TERM'] !== 'dumb' && options.format !== 'json'
  if (isTerminal) await new LiveOverview(service, options.instance, { out, keyboard: ports.keyboard, clock, paint: paintOf(hasColours(out)), signal }).run()
  else await showLines(service, options, { ...ports, signal })
  return 0
}

async function showOnce (service: Service, { instance, check, format }: TopOptions, { clock, out, signal }: TopPorts): Promise<number> {
  const seen = await once(service, { instance, clock, signal })
  if (seen === undefined) return FAILED
  if (check) {
    const { line, code } = checkLine(seen.view)
    out.write(`${line}\n`)
    return code
  }
  out.write(isText(format, out) ? paper(seen, out) : json(seen))
  return 0
}

interface Seen {
  readonly view: View
  readonly components: readonly ComponentDetail[]
}

/** `undefined`: it was ended before. The components are answered when every instance has been heard of, and so is the view. */
async function once (service: Service, { instance, clock, signal }: Pick<TopOptions, 'instance'> & Pick<TopPorts, 'clock' | 'signal'>): Promise<Seen | undefined> {
  const enough = new AbortController()
  const all = AbortSignal.any([signal, enough.signal])
  const patience = clock.after(PATIENCE_MS, () => { enough.abort() })
  let view: View | undefined
  let complete = false
  const look = (): void => { if (view !== undefined && complete) enough.abort() }
  try {
    const asking = service.components(instance, all).finally(() => {
      complete = true
      look()
    })
    await service.watch({
      instance,
      signal: all,
      view: (newest) => {
        view = newest
        look()
      },
      lost: () => {}
    })
    const components = await asking
    if (view === undefined && !signal.aborted) throw new TopError(`there were no figures within ${PATIENCE_MS / 1000} s`)
    return view === undefined ? undefined : { view, components }
  } finally {
    patience.cancel()
    enough.abort()
  }
}

/** A view after the other, for whatever reads them. */
async function showLines (service: Service, { instance, format }: TopOptions, { clock, complain, out, signal }: TopPorts): Promise<void> {
  const asText = isText(format, out)
  let components: readonly ComponentDetail[] = []
  const ask = async (): Promise<void> => {
    const answered = await service.components(instance, signal)
    if (answered.length > 0) components = answered
  }
  const asking = clock.every(COMPONENTS_EVERY_MS, ask)
  try {
    ask()
    await service.watch({
      instance,
      signal,
      view: (view) => { out.write(asText ? `${paper({ view, components }, out)}\n` : json({ view, components })) },
      lost: (why) => { complain(`${printable(why)}; trying again\n`) }
    })
  } finally {
    asking.cancel()
  }
}

function isText (format: TopOptions['format'], { isTTY }: Output): boolean { return format === 'text' || (format === 'whichever' && isTTY === true) }

function json ({ view, components }: Seen): string { return `${printableJson({ ...view, components })}\n` }

function paper ({ view, components }: Seen, out: Output): string {
  const lines = screenLines({ view, components, lost: undefined }, { width: out.columns ?? PAPER_WIDTH, height: Infinity, paint: paintOf(hasColours(out)) })
  return `${lines.join('\n')}\n`
}

/** Node reads NO_COLOR, FORCE_COLOR and TERM. */
function hasColours (out: Output): boolean { return out.hasColors?.() ?? false }
