import { findCgroup } from './cgroup.ts'
import { LIMITS_AGE, statOf } from './system-files.ts'
import type { ReadText } from './system-files.ts'

export interface CpuQuota {
  /** Cores: the smallest quota in force, at most the machine's. */
  readonly available: number
  /** Share of the periods since the last sample in which a cgroup with a quota was throttled, 0 to 1. */
  readonly throttled: number
}

interface Counted { periods: number, throttled: number }

/** CPU quotas (`cpu.max`, or `cpu.cfs_quota_us` of version 1) of this process's cgroup and its parents. */
export class CgroupCpu {
  readonly #read: ReadText
  readonly #machine: number
  readonly #version: 1 | 2
  readonly #directories: readonly string[]
  readonly #last: Map<string, Counted> = new Map()
  #quotas: ReadonlyArray<{ readonly directory: string, readonly cores: number }> = []
  #samples = 0

  /** `machine`: the cores of the machine. */
  constructor (read: ReadText, machine: number) {
    const cgroup = findCgroup(read, 'cpu')
    this.#read = read
    this.#machine = machine
    this.#version = cgroup?.version ?? 2
    this.#directories = cgroup?.directories ?? []
  }

  sample (): CpuQuota {
    if (this.#samples++ % LIMITS_AGE === 0) this.#quotas = this.#readQuotas()
    let available = this.#machine
    let throttled = 0
    for (const { directory, cores } of this.#quotas) {
      available = Math.min(available, cores)
      throttled = Math.max(throttled, this.#throttledSince(directory))
    }
    return { available, throttled }
  }

  #readQuotas (): ReadonlyArray<{ readonly directory: string, readonly cores: number }> {
    return this.#directories
      .map((directory) => ({ directory, cores: this.#quota(directory) }))
      .filter(({ cores }) => !Number.isNaN(cores))
  }

  /** Cores, NaN without a quota. */
  #quota (directory: string): number {
    const [quota, period] = this.#version === 2
      ? (this.#read(`${directory}/cpu.max`) ?? '').split(' ')
      : [this.#read(`${directory}/cpu.cfs_quota_us`), this.#read(`${directory}/cpu.cfs_period_us`)]
    // `max` and -1 mean none.
    const cores = Number.parseInt(quota ?? '', 10) / Number.parseInt(period ?? '', 10)
    return cores > 0 && Number.isFinite(cores) ? cores : NaN
  }

  #throttledSince (directory: string): number {
    const text = this.#read(`${directory}/cpu.stat`)
    const periods = statOf(text, 'nr_periods')
    const throttled = statOf(text, 'nr_throttled')
    const last = this.#last.get(directory)
    this.#last.set(directory, { periods, throttled })
    if (last === undefined || periods <= last.periods) return 0
    return Math.min(1, Math.max(0, (throttled - last.throttled) / (periods - last.periods)))
  }
}
