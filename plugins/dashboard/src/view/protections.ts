import { boundedText } from '@plimsoll/core'
import type { ComponentFigures } from '@plimsoll/core'
import { byWord } from './by-word.ts'
import { numberIn, recordsIn, sumIn, textIn, textsIn } from './snapshot.ts'
import type { Snapshot } from './snapshot.ts'
import type { Diagnosis, Protection } from './view.ts'

type OfInstance = ComponentFigures & { readonly instance: string }
type Level = Diagnosis['level']
type Words = Pick<Protection, 'level' | 'text' | 'origins'>

const MAX_SHOWN = 50
const MAX_TEXT = 200
const MAX_NAME = 100
const MAX_ORIGINS = 5
const WORST_FIRST: readonly Level[] = ['critical', 'warning', 'notice', 'ok']

/** What protects, or is protected, in words. Remembers a second ago, since components count since their start. */
export class Protections {
  #refused: ReadonlyMap<string, number> = new Map()

  /** Worst first, at most 50. */
  see (components: readonly OfInstance[], seconds: number): Protection[] {
    const before = this.#refused
    const refused = new Map<string, number>()
    // None known a second ago is none refused: the first look would show the sum since the start.
    const rateOf = (key: string, total: number): number => {
      refused.set(key, total)
      return Math.max(0, total - (before.get(key) ?? total)) / seconds
    }
    const shown = components.flatMap((component) => {
      const describe = KINDS[component.kind] ?? other
      return describe(component.snapshot, component, (name, total) => rateOf(`${component.instance}/${component.kind}/${component.name}/${name}`, total))
        .map(({ name, text, ...rest }) => ({ kind: component.kind, name: boundedText(name, MAX_NAME), instance: component.instance, text: boundedText(text, MAX_TEXT), ...rest }))
    })
    this.#refused = refused
    return shown.sort((a, b) => WORST_FIRST.indexOf(a.level) - WORST_FIRST.indexOf(b.level)).slice(0, MAX_SHOWN)
  }
}

type Describe = (snapshot: Snapshot, component: OfInstance, rateOf: (name: string, total: number) => number) => ReadonlyArray<Words & { readonly name: string }>

// Also a third party's: kinds are untrusted.
const KINDS: Readonly<Record<string, Describe>> = byWord<Record<string, Describe>>({
  'circuit-breaker': breakers,
  'rate-limiter': limits,
  'load-shedder': shedder,
  pool,
  coordinator
})

function breakers (snapshot: Snapshot): ReturnType<Describe> {
  return recordsIn(snapshot, 'breakers').map((breaker) => {
    const origins = textsIn(breaker, 'origins').slice(0, MAX_ORIGINS).map((origin) => boundedText(origin, MAX_NAME))
    return { name: textIn(breaker, 'name'), ...breakerWords(breaker), ...(origins.length > 0 && { origins }) }
  })
}

function breakerWords (breaker: Snapshot): Words {
  const state = textIn(breaker, 'state')
  const failing = `${percent(numberIn(breaker, 'failureRate'))} failing`
  switch (state) {
    case 'closed': return { level: 'ok', text: `closed, ${failing} of ${numberIn(breaker, 'calls')}` }
    case 'open': return { level: 'critical', text: `open for ${seconds(numberIn(breaker, 'openForMs'))}, ${numberIn(breaker, 'refused')} refused, tried again in ${seconds(numberIn(breaker, 'retryAfterMs'))}` }
    case 'half-open': return { level: 'warning', text: `half-open: trying again, ${numberIn(breaker, 'refused')} refused` }
    case 'isolated': return { level: 'warning', text: `isolated by an operator, ${numberIn(breaker, 'refused')} refused` }
    default: return { level: 'notice', text: `${state}, ${failing}` }
  }
}

function limits (snapshot: Snapshot, _component: OfInstance, rateOf: (name: string, total: number) => number): ReturnType<Describe> {
  const counted = recordsIn(snapshot, 'limits').map((limit) => {
    const name = textIn(limit, 'name')
    const rate = rateOf(name, numberIn(limit, 'refused'))
    const limited = numberIn(limit, 'limitedKeys')
    const text = `${rate.toFixed(0)} refused/s, ${limited} of ${numberIn(limit, 'keys')} clients over ${numberIn(limit, 'limit')} in ${seconds(numberIn(limit, 'windowMs'))}`
    return { name, level: rate > 0 ? 'notice' as const : 'ok' as const, text }
  })
  return counted
}

function shedder (snapshot: Snapshot, component: OfInstance, rateOf: (name: string, total: number) => number): ReturnType<Describe> {
  const rate = rateOf('', sumIn(snapshot, 'refused'))
  const held = `${numberIn(snapshot, 'inFlight')} of ${limitIn(snapshot)} in flight, ${numberIn(snapshot, 'queued')} queued`
  const force = textIn(snapshot, 'force')
  if (force === 'on') return [{ name: component.name, level: 'critical', text: `forced on: ${rate.toFixed(0)} refused/s; ${held}` }]
  if (snapshot['enabled'] === false || force === 'off') return [{ name: component.name, level: 'notice', text: `switched off: nothing is refused; ${held}` }]
  if (rate > 0) return [{ name: component.name, level: 'warning', text: `${rate.toFixed(0)} refused/s; ${held}` }]
  return [{ name: component.name, level: snapshot['underPressure'] === true ? 'notice' : 'ok', text: held }]
}

function pool (snapshot: Snapshot, component: OfInstance): ReturnType<Describe> {
  const waiting = numberIn(snapshot, 'waiting')
  const inUse = numberIn(snapshot, 'inUse')
  const max = numberIn(snapshot, 'max')
  const text = `${inUse} of ${max} in use, ${waiting} waiting`
  if (waiting > 0) return [{ name: component.name, level: waiting > max ? 'critical' : 'warning', text }]
  return [{ name: component.name, level: max > 0 && inUse >= max ? 'notice' : 'ok', text }]
}

function coordinator (snapshot: Snapshot, component: OfInstance): ReturnType<Describe> {
  const mode = textIn(snapshot, 'mode')
  if (mode === 'single') return [{ name: component.name, level: 'ok', text: 'this instance alone' }]
  if (mode === 'cluster') return [{ name: component.name, level: 'ok', text: `${textIn(snapshot, 'backend')}: ${numberIn(snapshot, 'instances')} instances` }]
  return [{ name: component.name, level: 'critical', text: component.health.reason ?? mode }]
}

/** Of a kind that nobody here knows: its health. */
function other (_snapshot: Snapshot, { name, health: { status, reason = '' } }: OfInstance): ReturnType<Describe> {
  return status === 'ok' ? [] : [{ name, level: status === 'failing' ? 'critical' : 'warning', text: reason }]
}

function limitIn (snapshot: Snapshot): string {
  return typeof snapshot['limit'] === 'number' ? snapshot['limit'].toFixed(0) : 'unlimited'
}

function percent (share: number): string { return `${(100 * share).toFixed(0)} %` }

function seconds (ms: number): string { return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s` }
