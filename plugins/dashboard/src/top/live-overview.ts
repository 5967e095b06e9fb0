import type { Clock } from '@plimsoll/core'
import type { ComponentDetail, View } from '../view/view.ts'
import type { Paint } from './paint.ts'
import { cut, printable } from './printable.ts'
import { screenLines } from './screen.ts'
import type { Service } from './service.ts'
import { listenToKeys, Terminal } from './terminal.ts'
import type { Keyboard, Output } from './terminal.ts'

export interface LivePorts {
  readonly out: Output
  readonly keyboard: Keyboard | undefined
  readonly clock: Clock
  readonly paint: Paint
  readonly signal: AbortSignal
}

const COMPONENTS_EVERY_MS = 5_000
/** Without a view for so long, what is shown is not of now. */
const OLD_MS = 3_000
const CTRL_C = '\u0003'
const CTRL_D = '\u0004'

/** The overview on the whole terminal, second by second, until somebody presses q. */
export class LiveOverview {
  readonly #service: Service
  readonly #ports: LivePorts
  readonly #terminal: Terminal
  readonly #ending = new AbortController()
  #instance: string | undefined
  /** Aborted when another instance is to be shown. */
  #turn = new AbortController()
  #view: View | undefined
  #viewAt = 0
  #components: readonly ComponentDetail[] = []
  #lost: string | undefined

  constructor (service: Service, instance: string | undefined, ports: LivePorts) {
    this.#service = service
    this.#instance = instance
    this.#ports = ports
    this.#terminal = new Terminal(ports.out, (room) => this.#lines(room))
  }

  /** @throws TopError */
  async run (): Promise<void> {
    const { clock, keyboard, signal } = this.#ports
    const end = AbortSignal.any([signal, this.#ending.signal])
    const leave = listenToKeys(keyboard, (key) => { this.#pressed(key) })
    const redrawing = clock.every(1000, this.#terminal.draw)
    const asking = clock.every(COMPONENTS_EVERY_MS, () => { this.#askForComponents(end) })
    this.#terminal.open()
    try {
      while (!end.aborted) await this.#watch(end)
    } finally {
      asking.cancel()
      redrawing.cancel()
      leave()
      this.#terminal.close()
    }
  }

  /** One instance, or all of them, until another is to be shown. */
  async #watch (end: AbortSignal): Promise<void> {
    this.#turn = new AbortController()
    const signal = AbortSignal.any([end, this.#turn.signal])
    this.#askForComponents(signal)
    await this.#service.watch({
      instance: this.#instance,
      signal,
      view: (view) => {
        this.#view = view
        this.#viewAt = this.#ports.clock.now()
        this.#lost = undefined
        this.#terminal.draw()
      },
      lost: (why) => {
        this.#lost = why
        this.#terminal.draw()
      }
    })
  }

  async #askForComponents (signal: AbortSignal): Promise<void> {
    const components = await this.#service.components(this.#instance, signal)
    // The last ones are better than none.
    if (components.length > 0 && !signal.aborted) this.#components = components
  }

  #pressed (key: string): void {
    if (key === 'q' || key === CTRL_C || key === CTRL_D) this.#ending.abort()
    if (key === 'i') this.#showNext()
  }

  /** All, then one after the other. */
  #showNext (): void {
    const names: ReadonlyArray<string | undefined> = [undefined, ...(this.#view?.instances ?? []).map(({ instance }) => instance)]
    this.#instance = names[(names.indexOf(this.#instance) + 1) % names.length]
    this.#components = []
    this.#turn.abort()
  }

  #lines ({ width, height }: { readonly width: number, readonly height: number }): readonly string[] {
    const view = this.#view
    if (view === undefined) return [cut(`waiting for the first figures …${this.#lost === undefined ? '' : ` ${printable(this.#lost)}`}`, width)]
    const age = this.#ports.clock.now() - this.#viewAt
    const lost = this.#lost ?? (age > OLD_MS ? `nothing has come for ${(age / 1000).toFixed(0)} s` : undefined)
    return screenLines({ view, components: this.#components, lost: lost === undefined ? undefined : printable(lost) }, { width, height, paint: this.#ports.paint })
  }
}
