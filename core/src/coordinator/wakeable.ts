import type { Clock } from '../clock.ts'

/** A sleep that can be cut short. A wake that comes while nobody sleeps ends the next sleep at once, so none is missed. */
export class Wakeable {
  readonly #clock: Clock
  readonly #stop: AbortSignal | undefined
  #woken = false
  #end: (() => void) | undefined

  constructor (clock: Clock, stop?: AbortSignal) {
    this.#clock = clock
    this.#stop = stop
  }

  wake (): void {
    this.#woken = true
    this.#end?.()
  }

  /** Up to `ms`, or until woken or stopped; whether it was cut short so. */
  sleep (ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (cutShort: boolean): void => {
        timer.cancel()
        this.#stop?.removeEventListener('abort', cut)
        this.#end = undefined
        this.#woken = false
        resolve(cutShort)
      }
      const cut = (): void => { end(true) }
      const timer = this.#clock.after(ms, () => { end(false) })
      this.#end = cut
      this.#stop?.addEventListener('abort', cut)
      if (this.#woken || this.#stop?.aborted === true) cut()
    })
  }
}
