import { duration, named, percent } from './figures.ts'
import type { Cause } from './finding.ts'
import { listOf, numberOf, textsOf } from './instance-memory.ts'
import type { InstanceMemory } from './instance-memory.ts'
import type { ServiceMemory } from './service-memory.ts'
import { shareAtLeast } from './share.ts'
import { BREAKER_MEMORY_S, HALF, MIN_BAD, SPANS } from './thresholds.ts'
import type { Span } from './thresholds.ts'
import type { TrafficMemory } from './traffic-memory.ts'

const MAX_OPEN = 50
const MAX_ORIGINS = 5
/** A breaker's refusals have to account for this share of the errors: some answer with something else. */
const REFUSED_SHARE = 0.3
/** Failing calls with confidence above this share. */
const FAILING_SHARE = 0.1

/** A breaker that is, or was a moment ago, open. */
export interface OpenBreaker {
  readonly name: string
  /** What it stands before, where its name does not say that. */
  readonly origins: readonly string[]
  readonly instance: InstanceMemory
  readonly sinceSecond: number
  seenSecond: number
  state: 'open' | 'isolated'
  /** Of the calls for which it opened; 0 where nobody said. */
  failureRate: number
  slowRate: number
  /** Calls that it refused within the last ten seconds, on all instances. */
  refused: number
}

/** Breakers that are not closed, remembered over their probes. */
export class OpenBreakers {
  readonly #open: Map<string, OpenBreaker> = new Map()

  read (memory: ServiceMemory): void {
    for (const [name, { seenSecond }] of this.#open) if (memory.second - seenSecond > BREAKER_MEMORY_S) this.#open.delete(name)
    for (const breaker of this.#open.values()) breaker.refused = 0
    for (const instance of memory.living) this.#read(instance, memory.second)
  }

  /** Those that refuse most first. */
  all (): readonly OpenBreaker[] { return [...this.#open.values()].sort((a, b) => b.refused - a.refused) }

  #read (instance: InstanceMemory, second: number): void {
    const { frame, counters } = instance
    for (const { kind, snapshot } of frame.components) {
      for (const { name, state, origins } of kind === 'circuit-breaker' ? listOf(snapshot['breakers']) : []) {
        if (typeof name !== 'string') continue
        if (state === 'open' || state === 'isolated') this.#note(name, { state, origins: textsOf(origins).slice(0, MAX_ORIGINS) }, instance, second)
        const breaker = this.#open.get(name)
        if (breaker !== undefined) breaker.refused += counters.rise(`breaker ${name}`, 10)
      }
    }
    // Its window is empty by then; the journal says what was in it.
    for (const { event, data } of frame.journal) {
      const breaker = event === 'circuit-opened' ? this.#open.get(String(data['circuit'])) : undefined
      if (breaker === undefined || breaker.state === 'isolated') continue
      breaker.failureRate = Math.max(breaker.failureRate, numberOf(data['failureRate']))
      breaker.slowRate = Math.max(breaker.slowRate, numberOf(data['slowRate']))
    }
  }

  #note (name: string, { state, origins }: Pick<OpenBreaker, 'state' | 'origins'>, instance: InstanceMemory, second: number): void {
    const known = this.#open.get(name)
    if (known !== undefined) {
      known.seenSecond = second
      known.state = state
    } else if (this.#open.size < MAX_OPEN) {
      this.#open.set(name, { name, origins, instance, state, sinceSecond: second, seenSecond: second, failureRate: 0, slowRate: 0, refused: 0 })
    }
  }
}

/** What is behind errors of routes: an open breaker, or an upstream that fails. */
export function upstreamOfErrors (memory: ServiceMemory, breakers: OpenBreakers, errors: number, span: Span): Cause | undefined {
  const perTenSeconds = errors * 10 / span
  const open = breakers.all().find((breaker) => breaker.refused >= REFUSED_SHARE * perTenSeconds || hasUpstreamErrors(memory, breaker, span))
  if (open !== undefined) return causeOfBreaker(memory, open)
  const [worst] = [...memory.upstreams.all()].sort((a, b) => b.extraErrors(span) - a.extraErrors(span))
  if (worst === undefined || worst.extraErrors(span) < HALF * errors || !fails(worst, span)) return undefined
  return upstream(worst, `upstream ${named(worst.name)} fails ${percent(worst.errors(span) / worst.served(span))} of its calls`)
}

/** What is behind milliseconds that routes take longer than usual. */
export function upstreamOfDelay (memory: ServiceMemory, breakers: OpenBreakers, extraMs: number, span: Span): Cause | undefined {
  const [worst] = [...memory.upstreams.all()].sort((a, b) => b.extraMs(span) - a.extraMs(span))
  if (worst !== undefined && worst.extraMs(span) > 0 && worst.extraMs(span) >= HALF * extraMs && (worst.slow !== undefined || worst.isStuck)) {
    return upstream(worst, worst.isStuck
      ? `upstream ${named(worst.name)} does not answer, ${worst.inFlight} calls wait`
      : `upstream ${named(worst.name)} takes ${duration(worst.meanMs(span)!)}, usually ${duration(worst.usual.meanMs!)}`)
  }
  const open = breakers.all().find(({ refused, slowRate }) => refused > 0 && slowRate > 0)
  return open === undefined ? undefined : causeOfBreaker(memory, open)
}

/** A breaker of a route names the route, any other what it stands before. */
export function causeOfBreaker (memory: ServiceMemory, breaker: OpenBreaker): Cause {
  const { name, instance, state, failureRate, slowRate, refused, sinceSecond } = breaker
  const route = [...memory.routes.all()].find((known) => name === known.name || name.startsWith(`${known.name}/`))
  const rates = slowRate > failureRate ? `, ${percent(slowRate)} of the calls were slow` : failureRate > 0 ? `, ${percent(failureRate)} of the calls failed` : ''
  const why = state === 'isolated' ? 'isolated by hand' : `open${rates}`
  return {
    kind: route === undefined ? 'upstream' : 'route',
    name: named(route?.name ?? guardedBy(memory, breaker)),
    instance: memory.whose(instance),
    because: `breaker ${named(name)} is ${why}`,
    evidence: [{ label: 'breaker', value: `${named(name)} ${state} for ${memory.second - sinceSecond} s` }, { label: 'refused by it', value: `${(refused / 10).toFixed(1)} calls/s` }]
  }
}

function hasUpstreamErrors (memory: ServiceMemory, { name, origins }: OpenBreaker, span: Span): boolean {
  return [name, ...origins].some((origin) => (memory.upstreams.get(origin)?.extraErrors(span) ?? 0) >= MIN_BAD)
}

/** The upstream that is called there, of several the one that fails most; the breaker itself where it does not tell. */
function guardedBy (memory: ServiceMemory, { name, origins }: OpenBreaker): string {
  const errorsOf = (origin: string): number => memory.upstreams.get(origin)?.extraErrors(300) ?? 0
  const [worst = name] = [...origins].sort((a, b) => errorsOf(b) - errorsOf(a))
  return worst
}

/** With confidence, over this span or a longer one. */
function fails (upstream: TrafficMemory, span: Span): boolean {
  return SPANS.some((longer) => longer >= span && shareAtLeast(upstream.errors(longer), upstream.served(longer)) >= FAILING_SHARE)
}

function upstream (memory: TrafficMemory, because: string): Cause {
  const evidence = [{ label: 'upstream', value: `${named(memory.name)}: ${Math.round(memory.served(60))} calls in the last minute, ${Math.round(memory.errors(60))} failed` }]
  return { kind: 'upstream', name: named(memory.name), instance: null, because, evidence }
}
