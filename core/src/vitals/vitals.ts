import { availableParallelism, totalmem } from 'node:os'
import type { Clock, ClockTimer } from '../clock.ts'
import { Listeners } from '../listeners.ts'
import { CgroupCpu } from './cgroup-cpu.ts'
import { CgroupMemory } from './cgroup-memory.ts'
import { EventLoopSampler } from './event-loop.ts'
import { GarbageCollection } from './garbage-collection.ts'
import { heapLimit, oldGenerationUsed } from './heap.ts'
import { readSystemFile } from './system-files.ts'
import type { ReadText } from './system-files.ts'
import type { CpuSigns, MemorySigns, VitalSigns } from './vital-signs.ts'

/** Milliseconds between two samples. */
export const VITALS_INTERVAL_MS = 1000

const MAX_LISTENERS = 200

/** What runs while somebody subscribes. */
interface Sampler {
  readonly eventLoop: EventLoopSampler
  readonly gc: GarbageCollection
  readonly cgroupCpu: CgroupCpu
  readonly cgroupMemory: CgroupMemory
  cpu: NodeJS.CpuUsage
  at: number
}

/** The one sampler of vital signs, for everybody: it runs while anybody subscribes, and costs nothing before and after. */
export class Vitals {
  readonly #clock: Clock
  readonly #read: ReadText
  readonly #listeners: Listeners<VitalSigns>
  #sampler: Sampler | undefined
  #timer: ClockTimer | undefined
  #latest: VitalSigns | undefined
  #closed = false

  /** `listenerFailed` is told what a throwing listener threw. */
  constructor ({ clock, read = readSystemFile, listenerFailed }: {
    readonly clock: Clock
    readonly read?: ReadText
    readonly listenerFailed: (error: unknown) => void
  }) {
    this.#clock = clock
    this.#read = read
    this.#listeners = new Listeners(MAX_LISTENERS, listenerFailed)
  }

  /** Signs of the last whole window; `undefined` until a second after the first subscription, and when nobody subscribes. */
  get latest (): VitalSigns | undefined { return this.#latest }

  /**
   * Keeps the sampler running until the returned function is called; `listener` is told of every window.
   * @throws RangeError above 200 subscribers
   */
  subscribe (listener: (signs: VitalSigns) => void = () => {}): () => void {
    const remove = this.#listeners.add(listener)
    if (!this.#closed) this.#sampler ??= this.#start()
    return () => {
      remove()
      if (this.#listeners.size === 0) this.#stop()
    }
  }

  /** Ends it for good: who subscribes later hears nothing. */
  close (): void {
    this.#closed = true
    this.#listeners.clear()
    this.#stop()
  }

  #start (): Sampler {
    const sampler: Sampler = {
      eventLoop: new EventLoopSampler({ clock: this.#clock }),
      gc: new GarbageCollection(),
      cgroupCpu: new CgroupCpu(this.#read, availableParallelism()),
      cgroupMemory: new CgroupMemory(this.#read, totalmem()),
      cpu: process.cpuUsage(),
      at: this.#clock.now()
    }
    this.#timer = this.#clock.every(VITALS_INTERVAL_MS, () => this.#sample(sampler))
    return sampler
  }

  #stop (): void {
    this.#timer?.cancel()
    this.#sampler?.eventLoop.close()
    this.#sampler?.gc.close()
    this.#sampler = undefined
    // A stale sign is worse than none: somebody would decide by it.
    this.#latest = undefined
  }

  #sample (sampler: Sampler): void {
    const at = this.#clock.now()
    const window = at - sampler.at
    sampler.at = at
    this.#latest = {
      at,
      window,
      eventLoop: sampler.eventLoop.sample(window - VITALS_INTERVAL_MS),
      cpu: cpuSigns(sampler, window),
      memory: memorySigns(sampler),
      gc: sampler.gc.sample(window)
    }
    this.#listeners.tell(this.#latest)
  }
}

function cpuSigns (sampler: Sampler, window: number): CpuSigns {
  const cpu = process.cpuUsage()
  const used = cpu.user - sampler.cpu.user + cpu.system - sampler.cpu.system
  sampler.cpu = cpu
  return { used: used / 1000 / window, ...sampler.cgroupCpu.sample() }
}

function memorySigns (sampler: Sampler): MemorySigns {
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
  const { limit, limitedBy, cgroup } = sampler.cgroupMemory.sample()
  const nearest = Math.min(heapLimit(), limit)
  const utilization = Math.max(oldGenerationUsed(heapUsed) / nearest, rss / limit, cgroup === undefined ? 0 : cgroup.usage / cgroup.limit)
  return { rss, heapUsed, heapLimit: nearest, external, arrayBuffers, limit, limitedBy, cgroup, utilization, oldSpaceFloor: sampler.gc.oldSpaceFloor }
}
