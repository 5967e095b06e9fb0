import type { BreakerSnapshot } from './breaker-snapshot.ts'
import { CircuitBreaker } from './circuit-breaker.ts'
import { CircuitOrigins } from './circuit-origins.ts'
import { EventHub } from './event-hub.ts'
import type { BreakerEvents } from './events.ts'
import { CircuitEntry, IdleCircuits } from './idle-circuits.ts'
import { changed, circuitBreakersOptions, MAX_NAME_LENGTH, settingsOf } from './options.ts'
import type { CircuitBreakerSettings, CircuitBreakersOptions, LiveOptions } from './options.ts'
import { Surroundings } from './surroundings.ts'
import type { BreakerPorts } from './surroundings.ts'

/** Name of the circuit that keys share for which there is no room. */
export const OVERFLOW = '(overflow)'

export interface CircuitBreakersStats {
  readonly created: number
  /** Closed circuits that were given up for others. */
  readonly evicted: number
  /** Times that {@link CircuitBreakers.get} answered with the overflow circuit. */
  readonly overflowed: number
}

/**
 * A circuit for each key (a host, a tenant), made when it is first asked for, so that one that fails does not stop the others.
 * Bounded: the closed circuit that was not used for longest is given up first, one that is not closed never; keys beyond that
 * share one overflow circuit.
 */
export class CircuitBreakers {
  /** Shared by the keys for which there is no room, and by those that are empty or longer than 256 characters. */
  readonly overflow: CircuitBreaker
  readonly maxCircuits: number
  /** Filled by the interceptor and the guarded fetch. */
  readonly origins: CircuitOrigins = new CircuitOrigins()
  readonly #entries = new Map<string, CircuitEntry>()
  readonly #idle = new IdleCircuits()
  readonly #notClosed = new Set<CircuitBreaker>()
  readonly #hub: EventHub
  readonly #surroundings: Surroundings
  readonly #stats = { created: 0, evicted: 0, overflowed: 0 }
  #settings: CircuitBreakerSettings

  /** @throws InvalidOptionError naming the option, its value and what would be right */
  constructor (options: CircuitBreakersOptions = {}, ports: BreakerPorts = {}) {
    const { maxCircuits, circuits, ...common } = circuitBreakersOptions.resolve(options).values
    this.maxCircuits = maxCircuits
    this.#settings = settingsOf(common)
    this.#hub = new EventHub(error => this.#surroundings.tellFault({ breaker: 'of any name', what: 'listener', error }))
    this.#surroundings = new Surroundings(ports, { hub: this.#hub, changed: breaker => { this.#changed(breaker) } })
    this.overflow = new CircuitBreaker(OVERFLOW, this.#settings, this.#surroundings)
    for (const [name, settings] of Object.entries(circuits)) this.#add(name, settings, true)
  }

  /** Circuits that there are, without the overflow circuit. */
  get size (): number { return this.#entries.size }

  get stats (): CircuitBreakersStats { return this.#stats }

  /** The circuit of a key. `settings` are those it gets if it is made now; otherwise it gets the ones that all have. */
  get (key: string, settings: CircuitBreakerSettings = this.#settings): CircuitBreaker {
    const entry = this.#entries.get(key)
    if (entry !== undefined) {
      this.#idle.touch(entry)
      return entry.breaker
    }
    if (key === '' || key.length > MAX_NAME_LENGTH || !this.#makeRoom()) {
      this.#stats.overflowed++
      return this.overflow
    }
    return this.#add(key, settings, false)
  }

  /** Looks without making one, and without counting as use. */
  peek (key: string): CircuitBreaker | undefined { return this.#entries.get(key)?.breaker }

  /** Whether there was one. Calls that it has let through end as they would have. */
  delete (key: string): boolean {
    const entry = this.#entries.get(key)
    if (entry === undefined) return false
    this.#idle.remove(entry)
    this.#notClosed.delete(entry.breaker)
    return this.#entries.delete(key)
  }

  /** All; the overflow circuit last, if it was ever used. */
  * values (): IterableIterator<CircuitBreaker> {
    for (const { breaker } of this.#entries.values()) yield breaker
    if (this.#stats.overflowed > 0) yield this.overflow
  }

  /** Those that are open, half-open or isolated; costs as much as there are such. */
  notClosed (): IterableIterator<CircuitBreaker> { return this.#notClosed.values() }

  /** Figures of at most `limit`: those that are not closed first, then those that were used last. */
  snapshots (limit: number = 100): BreakerSnapshot[] {
    const snapshots: BreakerSnapshot[] = []
    for (const breaker of this.#byInterest()) {
      if (snapshots.length >= limit) break
      const origins = this.origins.of(breaker)
      snapshots.push(origins.length === 0 ? breaker.snapshot() : { ...breaker.snapshot(), origins })
    }
    return snapshots
  }

  /** Changes all circuits, and those to come. @throws InvalidOptionError, having changed nothing */
  configure (change: LiveOptions): void {
    const all = [this.overflow, ...[...this.#entries.values()].map(({ breaker }) => breaker)]
    const before = new Set([this.#settings, ...all.map(({ settings }) => settings)])
    const after = new Map([...before].map(settings => [settings, changed(settings, change)]))
    this.#settings = after.get(this.#settings)!
    for (const breaker of all) breaker.use(after.get(breaker.settings)!)
  }

  /** As a breaker's own, for all of them. */
  on<E extends keyof BreakerEvents> (event: E, listener: (value: BreakerEvents[E]) => void): () => void { return this.#hub.on(event, listener) }

  /** @returns whether there is room for one more */
  #makeRoom (): boolean {
    if (this.#entries.size < this.maxCircuits) return true
    const { oldest } = this.#idle
    if (oldest === undefined) return false
    this.#stats.evicted++
    return this.delete(oldest.breaker.name)
  }

  #add (key: string, settings: CircuitBreakerSettings, isPinned: boolean): CircuitBreaker {
    const breaker = new CircuitBreaker(key, settings, this.#surroundings)
    const entry = new CircuitEntry(breaker, isPinned)
    this.#entries.set(key, entry)
    this.#idle.add(entry)
    this.#stats.created++
    return breaker
  }

  #changed (breaker: CircuitBreaker): void {
    const entry = this.#entries.get(breaker.name)
    // One that was given up may still have calls to end, which concern nobody any more.
    if (entry?.breaker !== breaker && breaker !== this.overflow) return
    const isClosed = breaker.state === 'closed' || breaker.state === 'metrics-only'
    if (isClosed) this.#notClosed.delete(breaker)
    else this.#notClosed.add(breaker)
    if (entry?.breaker !== breaker) return
    if (isClosed) this.#idle.add(entry)
    else this.#idle.remove(entry)
  }

  * #byInterest (): IterableIterator<CircuitBreaker> {
    yield * this.#notClosed
    for (const { breaker, isPinned } of this.#entries.values()) {
      if (isPinned && !this.#notClosed.has(breaker)) yield breaker
    }
    for (const { breaker } of this.#idle) yield breaker
    if (this.#stats.overflowed > 0 && !this.#notClosed.has(this.overflow)) yield this.overflow
  }
}
