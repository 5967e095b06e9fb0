import type { BreakerEvents } from './events.ts'
import { EVENT_OF } from './transition.ts'
import type { Transition } from './transition.ts'

type Listener<V> = (value: V) => void
type Lists = { readonly [E in keyof BreakerEvents]: ListenerList<BreakerEvents[E]> }

/** Listeners of one hub at a time. */
const MAX_LISTENERS = 100
/** Events that listeners may set off, one by one or at once, before they are stopped. */
const MAX_SET_OFF = 1000

/** Tells listeners, each for itself, in one order for all: what a listener sets off is told after what it was told. */
export class EventHub {
  readonly #failed: (error: unknown) => void
  readonly #parent: EventHub | undefined
  readonly #lists: Lists = listsOfAll()
  readonly #pending: Array<() => void> = []
  #count = 0
  // Of them, those of events that come with each call.
  #ofCalls = 0
  #telling = false
  // By listeners, since the first was told.
  #setOff = 0

  /** @param parent hears everything as well, in the same order */
  constructor (failed: (error: unknown) => void, parent?: EventHub) {
    this.#failed = failed
    this.#parent = parent
  }

  hears (event: keyof BreakerEvents): boolean {
    return this.#lists[event].listeners.length > 0 || (this.#parent !== undefined && this.#parent.hears(event))
  }

  /** Whether anybody hears of single calls. */
  get hearsCalls (): boolean { return this.#ofCalls > 0 || (this.#parent !== undefined && this.#parent.#ofCalls > 0) }

  /** Returns the way out, which may be called more than once. @throws RangeError at more than {@link MAX_LISTENERS} */
  on<E extends keyof BreakerEvents> (event: E, listener: Listener<BreakerEvents[E]>): () => void {
    if (this.#count >= MAX_LISTENERS) throw new RangeError(`at most ${MAX_LISTENERS} listeners at a time; is one added again and again without being removed?`)
    const leave = this.#lists[event].add(listener)
    this.#counted(event, 1)
    return () => { if (leave()) this.#counted(event, -1) }
  }

  tell<E extends keyof BreakerEvents> (event: E, value: BreakerEvents[E]): void {
    this.#inOrder(() => { this.#deliver(event, value) })
  }

  /** Both that a state was reached and that it has changed, with nothing in between. */
  tellTransition (transition: Transition): void {
    const event = transition.from === transition.to ? undefined : EVENT_OF[transition.to]
    this.#inOrder(() => {
      if (event !== undefined) this.#deliver(event, transition)
      this.#deliver('stateChange', transition)
    })
  }

  #counted (event: keyof BreakerEvents, by: number): void {
    this.#count += by
    if (event === 'fire' || event === 'success') this.#ofCalls += by
  }

  #deliver<E extends keyof BreakerEvents> (event: E, value: BreakerEvents[E]): void {
    for (const listener of this.#lists[event].listeners) {
      try {
        listener(value)
      } catch (error) {
        this.#failed(error)
      }
    }
    if (this.#parent !== undefined) this.#parent.#deliver(event, value)
  }

  #inOrder (task: () => void): void {
    if (this.#parent !== undefined) return this.#parent.#inOrder(task)
    if (this.#telling) {
      if (++this.#setOff <= MAX_SET_OFF) this.#pending.push(task)
      else this.#failed(new RangeError('listeners set each other off without end: an event was dropped'))
      return
    }
    this.#telling = true
    task()
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) next()
    this.#telling = false
    this.#setOff = 0
  }
}

/** Of one event. Replaced, never changed: who comes or leaves while being told changes the next round only. */
class ListenerList<V> {
  listeners: ReadonlyArray<Listener<V>> = []

  /** Returns the way out, which says whether it was the first time that it was taken. */
  add (listener: Listener<V>): () => boolean {
    // Wrapped, so that the same function may listen twice and leave twice.
    const own: Listener<V> = value => listener(value)
    this.listeners = [...this.listeners, own]
    return () => {
      const before = this.listeners.length
      this.listeners = this.listeners.filter(other => other !== own)
      return this.listeners.length < before
    }
  }
}

function listsOfAll (): Lists {
  return {
    fire: new ListenerList(),
    reject: new ListenerList(),
    semaphoreLocked: new ListenerList(),
    success: new ListenerList(),
    failure: new ListenerList(),
    timeout: new ListenerList(),
    ignored: new ListenerList(),
    stale: new ListenerList(),
    retry: new ListenerList(),
    fallback: new ListenerList(),
    open: new ListenerList(),
    halfOpen: new ListenerList(),
    close: new ListenerList(),
    stateChange: new ListenerList()
  }
}
