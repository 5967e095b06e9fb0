/** A hold on a circuit that an operator keeps open; holds are counted, and each is released once. */
export class Isolation {
  #release: (() => void) | undefined

  constructor (release: () => void) { this.#release = release }

  /** The circuit closes when the last hold is released. A second call does nothing. */
  release (): void {
    const release = this.#release
    this.#release = undefined
    release?.()
  }

  [Symbol.dispose] (): void { this.release() }
}
