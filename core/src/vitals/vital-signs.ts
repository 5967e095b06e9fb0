/** One window of the process's vital signs. Everything is of this window unless it says otherwise; never NaN. */
export interface VitalSigns {
  /** Clock milliseconds at the window's end. */
  readonly at: number
  /** The window's length in milliseconds: the interval, or longer where the event loop was blocked. */
  readonly window: number
  readonly eventLoop: EventLoopSigns
  readonly cpu: CpuSigns
  readonly memory: MemorySigns
  readonly gc: GcSigns
}

export interface EventLoopSigns {
  /** Share of the window in which the loop was not waiting for events, 0 to 1. */
  readonly utilization: number
  /** How late timers fired, in milliseconds; about 20 samples a second, so `p99` is close to `max`. */
  readonly delay: { readonly mean: number, readonly p50: number, readonly p99: number, readonly max: number }
}

export interface CpuSigns {
  /** Cores used by the process, all threads: 1 is one core. */
  readonly used: number
  /** Cores that the process may use: the smallest cgroup quota of its own and its parents', at most the machine's. */
  readonly available: number
  /** Share of the scheduler's periods in which the cgroup was throttled, 0 to 1; 0 where no quota is set. */
  readonly throttled: number
}

export interface MemorySigns {
  /** Resident bytes of the process. */
  readonly rss: number
  readonly heapUsed: number
  /** Bytes of the old generation at which V8 gives up (`--max-old-space-size`), or the memory limit where that is smaller. */
  readonly heapLimit: number
  /** Bytes outside the heap that V8 knows of, array buffers included. */
  readonly external: number
  readonly arrayBuffers: number
  /** Bytes: the smallest limit of the cgroup and its parents, at most the machine's memory. */
  readonly limit: number
  readonly limitedBy: 'cgroup' | 'machine'
  /** Of the cgroup (own or parent) that is nearest its limit: `usage` without the file cache that can be dropped. */
  readonly cgroup: { readonly usage: number, readonly limit: number } | undefined
  /** The nearest limit decides: the highest of the heap without its young generation over heapLimit, rss/limit and cgroup usage/limit. */
  readonly utilization: number
  /** Bytes in old and large-object space after the last major GC (not only of this window): what is really retained. */
  readonly oldSpaceFloor: number | undefined
}

export interface GcSigns {
  /** Share of the window that the main thread spent in GC, 0 to 1. */
  readonly share: number
  /** Milliseconds. */
  readonly longestPause: number
  readonly minor: number
  readonly major: number
}
