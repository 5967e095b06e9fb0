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

  /** Up to `ms`, or until woken or stopped. */
  sleep (ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel()
        this.#stop?.removeEventListener('abort', end)
        this.#end = undefined
        this.#woken = false
        resolve()
      }
      const timer = this.#clock.after(ms, end)
      this.#end = end
      this.#stop?.addEventListener('abort', end)
      if (this.#woken || this.#stop?.aborted === true) end()
    })
  }
}
