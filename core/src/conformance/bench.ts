import assert from 'node:assert/strict'
import { systemClock } from '../clock.ts'
import type { Clock } from '../clock.ts'
import type { Coordinator } from '../coordinator/coordinator.ts'
import type { CoordinatorOptions } from '../coordinator/coordinator.ts'
import type { CoordinatorDriver } from '../coordinator/driver.ts'
import type { CoordinatorTimings } from '../coordinator/timings.ts'
import type { JournalEvent } from '../journal.ts'
import { FaultyDriver } from './faulty-driver.ts'

/** One namespace of the backend, empty, for one case. */
export interface ConformanceStore {
  /** Another client of it, not yet connected. */
  driver (): CoordinatorDriver
  /** Loses all data, as a server that restarts empty. Cases that need it are skipped where it is missing. */
  wipe? (quarantineMs: number): Promise<void>
  /** Sets the store's own clock on or back. */
  jumpClock? (ms: number): Promise<void>
  close (): Promise<void>
}

export interface ConformanceTime {
  readonly clock: Clock
  /** Lets `ms` pass, with everything that happens meanwhile. */
  elapse (ms: number): Promise<void>
  /** Lets `ms` pass in which no timer of this process runs, then looks. */
  block (ms: number, look: () => void): void
}

export const realTime: ConformanceTime = {
  clock: systemClock,
  elapse: (ms) => new Promise((resolve) => { setTimeout(resolve, ms) }),
  block: (ms, look) => {
    const until = systemClock.now() + ms
    while (systemClock.now() < until);
    look()
  }
}

/** What must be there. */
export function some<T> (value: T | undefined): T {
  assert.ok(value !== undefined, 'nothing is there')
  return value
}

export type NewCoordinator = (options: CoordinatorOptions) => Coordinator

export interface BenchOptions {
  readonly store: ConformanceStore
  readonly time: ConformanceTime
  readonly ttlMs: number
  /** Items of the case that leaves no keys behind. */
  readonly manyItems: number
  readonly newCoordinator: NewCoordinator
}

export interface TestInstance {
  readonly coordinator: Coordinator
  readonly driver: FaultyDriver
  readonly journal: readonly JournalEvent[]
}

/** What a case works with: instances on one store, and time. */
export class Bench {
  readonly store: ConformanceStore
  readonly clock: Clock
  readonly ttlMs: number
  readonly graceMs: number
  readonly manyItems: number
  readonly #time: ConformanceTime
  readonly #newCoordinator: NewCoordinator
  readonly #closing: (() => Promise<void>)[] = []
  readonly #stop = new AbortController()

  constructor ({ store, time, ttlMs, manyItems, newCoordinator }: BenchOptions) {
    this.store = store
    this.#time = time
    this.clock = time.clock
    this.ttlMs = ttlMs
    this.graceMs = ttlMs / 2
    this.manyItems = manyItems
    this.#newCoordinator = newCoordinator
  }

  /** By how much what ought to come at once may be late: a busy machine, or a slow one. */
  get slackMs (): number { return this.ttlMs / 3 }

  /** Aborted at the end of the case. */
  get signal (): AbortSignal { return this.#stop.signal }

  /** A driver of its own, connected. */
  async driver (): Promise<CoordinatorDriver> {
    const driver = this.store.driver()
    this.#closing.push(() => driver.close())
    await driver.connect(this.signal)
    return driver
  }

  /** An instance that is connected, unless told otherwise. */
  async instance (id: string, { connect = true, timings = {} }: { readonly connect?: boolean, readonly timings?: Partial<CoordinatorTimings> } = {}): Promise<TestInstance> {
    const driver = new FaultyDriver(this.store.driver(), this.clock)
    const journal: JournalEvent[] = []
    const coordinator = this.#newCoordinator({
      id,
      driver,
      clock: this.clock,
      timings: { ttlMs: this.ttlMs, graceMs: this.graceMs, ...timings },
      journal: { record: (event) => { journal.push(event) } }
    })
    this.#closing.push(async () => {
      driver.line = 'open'
      await coordinator.close()
    })
    if (connect) assert.equal(await this.during(coordinator.connect()), true, 'connect() reaches the store')
    return { coordinator, driver, journal }
  }

  instances (count: number): Promise<TestInstance[]> {
    return Promise.all(Array.from({ length: count }, (_, index) => this.instance(`i${index}`)))
  }

  elapse (ms: number): Promise<void> { return this.#time.elapse(ms) }

  block (ms: number, look: () => void): void { this.#time.block(ms, look) }

  /** Lets time pass until `work` settles. */
  async during<T> (work: Promise<T>): Promise<T> {
    let settled = false
    const noted = work.finally(() => { settled = true })
    noted.catch(() => {})
    await this.until('the operation to settle', () => settled, 20 * this.ttlMs)
    return await noted
  }

  /** Waits for a condition, with a bound; milliseconds that it took. */
  async until (what: string, condition: () => boolean, boundMs: number): Promise<number> {
    const start = this.clock.now()
    while (!condition()) {
      if (this.clock.now() - start > boundMs) assert.fail(`waited ${boundMs} ms for ${what}`)
      await this.elapse(1)
    }
    return this.clock.now() - start
  }

  /** As `until`, for what has to be asked. */
  async untilAsync (what: string, condition: () => Promise<boolean>, boundMs: number): Promise<number> {
    const start = this.clock.now()
    while (!await this.during(condition())) {
      if (this.clock.now() - start > boundMs) assert.fail(`waited ${boundMs} ms for ${what}`)
      await this.elapse(2)
    }
    return this.clock.now() - start
  }

  /** Rejected with this code, and nothing else. */
  async rejects (work: Promise<unknown>, code: string): Promise<Error & { readonly ambiguous?: boolean, readonly current?: unknown }> {
    let failure: unknown
    try {
      await this.during(work)
    } catch (error) {
      failure = error
    }
    assert.ok(failure instanceof Error && 'code' in failure, `rejects with PLM_COORDINATOR_${code}, not ${String(failure)}`)
    assert.equal(failure.code, `PLM_COORDINATOR_${code}`)
    return failure
  }

  async close (): Promise<void> {
    this.#stop.abort()
    const closing = this.#closing.map((close) => close())
    await this.during(Promise.allSettled(closing))
    await this.store.close()
  }
}
