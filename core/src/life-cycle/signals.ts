/** What is needed of `process`. */
export interface SignalSource {
  on (signal: NodeJS.Signals, listener: () => void): unknown
  removeListener (signal: NodeJS.Signals, listener: () => void): unknown
  listeners (signal: NodeJS.Signals): readonly object[]
}

// Registered, so that the listeners of two applications, or of two copies of core, know one another.
const OWN: unique symbol = Symbol.for('@plimsoll/core.signal')

/** Listens for signals, and stops. */
export class SignalListener {
  readonly #source: SignalSource
  readonly #listener: (() => void) & { [OWN]?: true }
  #signals: readonly NodeJS.Signals[] = []

  constructor (source: SignalSource, listener: () => void) {
    this.#source = source
    this.#listener = Object.assign(() => listener(), { [OWN]: true as const })
  }

  /** `undefined` means SIGTERM, if the application has no listener of its own for it by now. */
  start (signals: readonly NodeJS.Signals[] | undefined): void {
    this.#signals = signals ?? (this.#source.listeners('SIGTERM').every((listener) => OWN in listener) ? ['SIGTERM'] : [])
    for (const signal of this.#signals) this.#source.on(signal, this.#listener)
  }

  stop (): void {
    for (const signal of this.#signals) this.#source.removeListener(signal, this.#listener)
    this.#signals = []
  }
}
