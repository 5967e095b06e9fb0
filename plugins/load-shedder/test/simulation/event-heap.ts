export interface TimedEvent {
  at: number
}

/** Binary heap of events by time; first in first out among equals is not promised. */
export class EventHeap<T extends TimedEvent> {
  readonly #items: T[] = []

  get size (): number { return this.#items.length }

  get nextAt (): number { return this.#items[0]?.at ?? Infinity }

  push (event: T): void {
    const items = this.#items
    let index = items.length
    items.push(event)
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = items[parent]
      if (above === undefined || above.at <= event.at) break
      items[index] = above
      index = parent
    }
    items[index] = event
  }

  pop (): T | undefined {
    const items = this.#items
    const top = items[0]
    const last = items.pop()
    if (top === undefined || last === undefined || items.length === 0) return top
    let index = 0
    for (;;) {
      const left = items[2 * index + 1]
      const right = items[2 * index + 2]
      if (left === undefined) break
      const child = right !== undefined && right.at < left.at ? right : left
      if (child.at >= last.at) break
      items[index] = child
      index = child === left ? 2 * index + 1 : 2 * index + 2
    }
    items[index] = last
    return top
  }
}
