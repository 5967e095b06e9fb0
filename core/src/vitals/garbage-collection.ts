import { constants, PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics } from 'node:v8'
import type { HeapSpaceInfo } from 'node:v8'
import type { GcSigns } from './vital-signs.ts'

const RETAINING_SPACES: ReadonlySet<string> = new Set(['old_space', 'large_object_space'])

/** Pauses of the garbage collector, observed from its making until `close()`. Observing costs by the collection, not by time. */
export class GarbageCollection {
  readonly #spaces: () => readonly HeapSpaceInfo[]
  readonly #observer: PerformanceObserver
  #paused = 0
  #longest = 0
  #minor = 0
  #major = 0
  #floor: number | undefined

  constructor (spaces: () => readonly HeapSpaceInfo[] = getHeapSpaceStatistics) {
    this.#spaces = spaces
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.observe(entry)
    })
    this.#observer.observe({ entryTypes: ['gc'] })
  }

  /** Bytes in old and large-object space after the last major collection, read in the turn that follows it. */
  get oldSpaceFloor (): number | undefined { return this.#floor }

  /** One collection: milliseconds, and `detail.kind` of `perf_hooks.constants`. */
  observe (collection: { readonly duration: number, readonly detail?: unknown }): void {
    this.#paused += collection.duration
    this.#longest = Math.max(this.#longest, collection.duration)
    if (!isMajor(collection.detail)) {
      this.#minor++
      return
    }
    this.#major++
    this.#floor = this.#spaces().reduce((sum, space) => RETAINING_SPACES.has(space.space_name) ? sum + space.space_used_size : sum, 0)
  }

  /** Signs of the last `window` milliseconds (above 0), and begins the next window. */
  sample (window: number): GcSigns {
    const signs = { share: Math.min(1, this.#paused / window), longestPause: this.#longest, minor: this.#minor, major: this.#major }
    this.#paused = this.#longest = this.#minor = this.#major = 0
    return signs
  }

  close (): void { this.#observer.disconnect() }
}

function isMajor (detail: unknown): boolean {
  return typeof detail === 'object' && detail !== null && 'kind' in detail && detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR
}
