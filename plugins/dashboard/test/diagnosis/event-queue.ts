/** Tasks by time, the earliest first: a binary heap. */
export class EventQueue<T> {
  readonly #times: number[] = []
  readonly #tasks: T[] = []

  get size (): number { return this.#times.length }

  get nextAt (): number { return this.#times[0] ?? Infinity }

  push (at: number, task: T): void {
    let index = this.#times.push(at) - 1
    this.#tasks.push(task)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (this.#times[parent]! <= at) break
      this.#swap(index, parent)
      index = parent
    }
  }

  pop (): { readonly at: number, readonly task: T } {
    const at = this.#times[0]!
    const task = this.#tasks[0]!
    const lastTime = this.#times.pop()!
    const lastTask = this.#tasks.pop()!
    if (this.#times.length > 0) {
      this.#times[0] = lastTime
      this.#tasks[0] = lastTask
      this.#sink()
    }
    return { at, task }
  }

  #sink (): void {
    for (let index = 0; ;) {
      const left = 2 * index + 1
      if (left >= this.#times.length) return
      const least = left + 1 < this.#times.length && this.#times[left + 1]! < this.#times[left]! ? left + 1 : left
      if (this.#times[index]! <= this.#times[least]!) return
      this.#swap(index, least)
      index = least
    }
  }

  #swap (a: number, b: number): void {
    const time = this.#times[a]!
    const task = this.#tasks[a]!
    this.#times[a] = this.#times[b]!
    this.#tasks[a] = this.#tasks[b]!
    this.#times[b] = time
    this.#tasks[b] = task
  }
}
