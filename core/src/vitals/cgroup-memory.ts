import { findCgroup } from './cgroup.ts'
import { LIMITS_AGE, statOf } from './system-files.ts'
import type { ReadText } from './system-files.ts'

export interface MemoryLimit {
  /** Bytes: the smallest limit in force, at most the machine's memory. */
  readonly limit: number
  readonly limitedBy: 'cgroup' | 'machine'
  /** Of the cgroup that is nearest its limit; `undefined` where none is limited. */
  readonly cgroup: { readonly usage: number, readonly limit: number } | undefined
}

interface Files { readonly limit: string, readonly usage: string, readonly stat: string, readonly inactiveFile: string }

const FILES: Readonly<Record<1 | 2, Files>> = {
  1: { limit: 'memory.limit_in_bytes', usage: 'memory.usage_in_bytes', stat: 'memory.stat', inactiveFile: 'total_inactive_file' },
  2: { limit: 'memory.max', usage: 'memory.current', stat: 'memory.stat', inactiveFile: 'inactive_file' }
}

/**
 * What the kernel lets this process's cgroups use. Limits of the parents count, since the kernel kills at the first one
 * that is reached. "No limit" has three spellings: `max`, the 9223372036854771712 of version 1, and a file that is
 * missing; anything that is not below the machine's memory means none.
 */
export class CgroupMemory {
  readonly #read: ReadText
  readonly #machine: number
  readonly #files: Files
  readonly #directories: readonly string[]
  #limits: ReadonlyArray<{ readonly directory: string, readonly limit: number }> = []
  #samples = 0

  /** `machine`: the machine's memory in bytes. */
  constructor (read: ReadText, machine: number) {
    const cgroup = findCgroup(read, 'memory')
    this.#read = read
    this.#machine = machine
    this.#files = FILES[cgroup?.version ?? 2]
    this.#directories = cgroup?.directories ?? []
  }

  sample (): MemoryLimit {
    if (this.#samples++ % LIMITS_AGE === 0) this.#limits = this.#readLimits()
    let limit = this.#machine
    let nearest: MemoryLimit['cgroup']
    for (const { directory, limit: own } of this.#limits) {
      limit = Math.min(limit, own)
      const inactive = statOf(this.#read(`${directory}/${this.#files.stat}`), this.#files.inactiveFile)
      const current = this.#bytes(`${directory}/${this.#files.usage}`)
      const usage = Number.isNaN(current) ? 0 : Math.max(0, current - inactive)
      if (nearest === undefined || usage * nearest.limit > nearest.usage * own) nearest = { usage, limit: own }
    }
    return { limit, limitedBy: limit < this.#machine ? 'cgroup' : 'machine', cgroup: nearest }
  }

  #readLimits (): ReadonlyArray<{ readonly directory: string, readonly limit: number }> {
    return this.#directories
      .map((directory) => ({ directory, limit: this.#bytes(`${directory}/${this.#files.limit}`) }))
      .filter(({ limit }) => limit < this.#machine)
  }

  // NaN for `max` and for a missing file; 0 is a limit that nobody can run under, so it is none.
  #bytes (path: string): number {
    const bytes = Number.parseInt(this.#read(path) ?? '', 10)
    return bytes > 0 ? bytes : NaN
  }
}
