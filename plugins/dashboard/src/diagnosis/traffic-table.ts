import { TrafficMemory } from './traffic-memory.ts'

/** What was without traffic for so long makes room. */
const FORGET_S = 300

/** Routes or upstreams by name, a bounded number of them: what comes when it is full is not looked at until there is room. */
export class TrafficTable {
  readonly #most: number
  readonly #memories: Map<string, TrafficMemory> = new Map()

  constructor (most: number) {
    this.#most = most
  }

  moveTo (second: number): void {
    for (const [name, memory] of this.#memories) {
      if (this.#memories.size >= this.#most && second - memory.seenAt > FORGET_S) this.#memories.delete(name)
      else memory.moveTo(second)
    }
  }

  /** `undefined` when there is no room. */
  at (name: string, second: number): TrafficMemory | undefined {
    const known = this.#memories.get(name)
    if (known !== undefined || this.#memories.size >= this.#most) return known
    const memory = new TrafficMemory(name)
    memory.moveTo(second)
    this.#memories.set(name, memory)
    return memory
  }

  get (name: string): TrafficMemory | undefined { return this.#memories.get(name) }

  all (): Iterable<TrafficMemory> { return this.#memories.values() }
}
