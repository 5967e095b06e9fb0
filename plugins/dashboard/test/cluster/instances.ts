import { setImmediate } from 'node:timers/promises'
import { Coordinator, LocalDriver, LocalStore } from '@plimsoll/core'
import type { Frame } from '@plimsoll/core'
import { FaultyDriver } from '@plimsoll/core/conformance'
import { emptyFrame, fakeClock } from '@plimsoll/core/testing'
import type { FakeClock } from '@plimsoll/core/testing'
import { FramePool } from '../../src/cluster/frame-pool.ts'

/** Core's frames, driven by hand: a frame when it is told to, while somebody subscribes. */
export class HandFrames {
  readonly instance: string
  latest: Frame | undefined
  sequence = 0
  readonly #clock: FakeClock
  readonly #listeners = new Set<(frame: Frame) => void>()

  constructor (instance: string, clock: FakeClock) {
    this.instance = instance
    this.#clock = clock
  }

  get subscribed (): number { return this.#listeners.size }

  subscribe (listener: (frame: Frame) => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  /** As core's: nobody subscribes, no frame. */
  tick (overrides: Partial<Frame> = {}): void {
    if (this.subscribed === 0) {
      this.latest = undefined
      return
    }
    this.latest = emptyFrame({ instance: this.instance, sequence: ++this.sequence, at: this.#clock.wallTime(), clock: this.#clock.now(), ...overrides })
    for (const listener of [...this.#listeners]) listener(this.latest)
  }
}

export class TestInstance {
  /** Between it and the store. */
  readonly driver: FaultyDriver
  readonly coordinator: Coordinator
  readonly frames: HandFrames
  readonly pool: FramePool
  readonly errors: unknown[] = []

  constructor (id: string, clock: FakeClock, store: LocalStore | undefined) {
    this.driver = new FaultyDriver(new LocalDriver(store === undefined ? { clock } : { clock, store }), clock)
    this.coordinator = new Coordinator({ id, clock, driver: this.driver })
    this.frames = new HandFrames(id, clock)
    this.pool = new FramePool({ frames: this.frames, coordinator: this.coordinator, clock, failed: (error) => { this.errors.push(error) } })
  }

  /** What its pool holds: ids, with `!` behind those that are stale. */
  get seen (): readonly string[] { return this.pool.frames().map(({ frame, stale }) => `${frame.instance}${stale ? '!' : ''}`) }

  get sends (): boolean { return this.pool.figures.sending && this.coordinator.mode === 'cluster' && this.driver.line === 'open' }

  get hears (): boolean { return this.pool.figures.viewers > 0 && this.driver.line === 'open' }
}

export interface TestCluster {
  readonly clock: FakeClock
  readonly store: LocalStore
  readonly instances: readonly TestInstance[]
  readonly of: (id: string) => TestInstance
  readonly join: (id: string) => Promise<TestInstance>
  /** A second passes, and everybody has a frame: those of `but` stand still. */
  readonly second: (options?: { readonly but?: readonly TestInstance[], readonly frame?: (instance: TestInstance) => Partial<Frame> }) => Promise<void>
}

export async function testCluster (...ids: readonly string[]): Promise<TestCluster> {
  const clock = fakeClock({ now: 1_000 })
  const store = new LocalStore(clock)
  const instances: TestInstance[] = []
  const join = async (id: string): Promise<TestInstance> => {
    const instance = new TestInstance(id, clock, store)
    await instance.coordinator.connect()
    instance.pool.open()
    instances.push(instance)
    return instance
  }
  for (const id of ids) await join(id)
  return {
    clock,
    store,
    instances,
    of: (id) => {
      const found = instances.find(({ frames }) => frames.instance === id)
      if (found === undefined) throw new Error(`there is no ${id}`)
      return found
    },
    join,
    second: async ({ but = [], frame = () => ({}) } = {}) => {
      // In steps, so that sessions are renewed in between.
      for (let step = 0; step < 10; step++) {
        clock.advance(100)
        await setImmediate()
      }
      const before = instances.map(figuresOf)
      for (const instance of instances) if (!but.includes(instance)) instance.frames.tick(frame(instance))
      // Compressing and reading happen in other threads: until everything has arrived.
      const sending = instances.filter((instance) => instance.sends && !but.includes(instance))
      await until(() => instances.every((instance, i) => !sending.includes(instance) || figuresOf(instance).out > before[i]!.out))
      await until(() => instances.every((instance, i) => !instance.hears || figuresOf(instance).came >= before[i]!.came + sending.filter((other) => other !== instance).length))
    }
  }
}

/** Frames that went out and that came in, whatever became of them. */
function figuresOf ({ pool: { figures: { sent, skipped, received, duplicates, unreadable, refused } } }: TestInstance): { readonly out: number, readonly came: number } {
  return { out: sent + skipped, came: received + duplicates + unreadable + refused }
}

/** Until `condition`, which other threads bring about. */
export async function until (condition: () => boolean): Promise<void> {
  for (const end = performance.now() + 30_000; !condition();) {
    if (performance.now() > end) throw new Error(`waited 30 s for ${String(condition)}`)
    await setImmediate()
  }
}
