interface Waiting<T, R> {
  readonly item: T
  readonly resolve: (result: R) => void
  readonly reject: (error: unknown) => void
}

/**
 * Sends what is asked for in one turn of the event loop as one command: 64 acknowledgements are one script, and nothing
 * waits for company.
 */
export class MicrotaskBatch<T, R> {
  readonly #send: (items: readonly T[]) => Promise<readonly R[]>
  readonly #limit: number
  #waiting: Waiting<T, R>[] = []

  /** `send` answers in the order of the items. */
  constructor (send: (items: readonly T[]) => Promise<readonly R[]>, limit: number) {
    this.#send = send
    this.#limit = limit
  }

  add (item: T): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      if (this.#waiting.length === 1) queueMicrotask(() => { this.#flush() })
      else if (this.#waiting.length === this.#limit) this.#flush()
    })
  }

  #flush (): void {
    const batch = this.#waiting
    if (batch.length === 0) return
    this.#waiting = []
    this.#send(batch.map(({ item }) => item)).then((results) => {
      for (const [index, { resolve, reject }] of batch.entries()) {
        const result = results[index]
        if (result === undefined) reject(new RangeError('the script answered less than it was asked'))
        else resolve(result)
      }
    }, (error: unknown) => {
      for (const { reject } of batch) reject(error)
    })
  }
}
