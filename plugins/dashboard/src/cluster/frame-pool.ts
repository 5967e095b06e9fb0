import type { Clock, Coordinator, Frames, TimeRange } from '@plimsoll/core'
import type { ObservedFrame } from '../view/observed-frame.ts'
import { ClusterWatch } from './cluster-watch.ts'
import type { PoolTotals, WatchFigures } from './cluster-watch.ts'
import { readRequest } from './frame-message.ts'
import { FrameSender } from './frame-sender.ts'

export type { PoolTotals } from './cluster-watch.ts'

export interface FramePoolPorts {
  readonly frames: Pick<Frames, 'instance' | 'latest' | 'subscribe'>
  readonly coordinator: Pick<Coordinator, 'broadcasts' | 'capabilities' | 'incarnation' | 'mode' | 'onChange' | 'registry'>
  readonly clock: Clock
  /** A listener threw. */
  readonly failed: (error: unknown) => void
}

/** What came in since somebody looks, and what went out since the start. */
export interface FramePoolFigures extends WatchFigures {
  readonly viewers: number
  /** Whether others look at this instance's frames. */
  readonly sending: boolean
  readonly sent: number
  readonly sentBytes: number
  readonly sentThinned: number
  /** Left out, as the backend was too slow or too small. */
  readonly skipped: number
}

const REQUESTS = 'dashboard.requests'
const FRAMES = 'dashboard.frames'

/**
 * The newest frame of every instance. While somebody looks here, it asks the others for theirs, again and again; they
 * send them until nobody asks any more. While nobody looks and nobody asks, there is no subscription to frames, no timer
 * and no broadcast.
 */
export class FramePool {
  readonly #ports: FramePoolPorts
  readonly #sender: FrameSender
  readonly #viewers = new Set<() => void>()
  readonly #onInstances = new Set<() => void>()
  readonly #leave: Array<() => void> = []
  #watch: ClusterWatch | undefined

  constructor (ports: FramePoolPorts) {
    this.#ports = ports
    this.#sender = new FrameSender({ ...ports, channel: FRAMES })
  }

  /** From now on other instances may ask; where there is no backend to ask through, it does nothing. Once. */
  open (): void {
    const { coordinator } = this.#ports
    if (coordinator.capabilities.scope !== 'cluster') return
    this.#leave.push(
      coordinator.broadcasts.receive(REQUESTS, (bytes) => {
        const life = readRequest(bytes)
        if (life !== undefined && life !== coordinator.incarnation) this.#sender.asked()
      }),
      coordinator.onChange(() => { this.#watch?.ask() })
    )
  }

  /** Somebody looks: `listener` is called once a second, when this instance's frame is in, until the returned function is. */
  look (listener: () => void): () => void {
    const viewer = (): void => listener()
    this.#viewers.add(viewer)
    this.#watch ??= new ClusterWatch({
      ...this.#ports,
      requests: REQUESTS,
      channel: FRAMES,
      ticked: () => { this.#tell(this.#viewers) },
      changed: () => { this.#tell(this.#onInstances) }
    })
    return () => {
      this.#viewers.delete(viewer)
      if (this.#viewers.size === 0) this.#end()
    }
  }

  /** Calls `listener`, while somebody looks, at the moment at which another instance appears, becomes stale, comes back or goes. */
  onInstances (listener: () => void): () => void {
    this.#onInstances.add(listener)
    return () => { this.#onInstances.delete(listener) }
  }

  /** One an instance, this one first; empty while nobody looks, and until its first frame. */
  frames (): readonly ObservedFrame[] { return this.#watch?.frames() ?? [] }

  /** Instances that the coordinator knows and that have sent nothing: without a dashboard, or unable to. */
  silent (): readonly string[] { return this.#watch?.silent() ?? [] }

  /**
   * Every route's and upstream's sums of all instances since somebody looks; with a range, of the whole minutes that it
   * touches, of the last hour. `undefined` while nobody looks.
   */
  totals (range?: TimeRange): PoolTotals | undefined { return this.#watch?.totals(range) }

  get figures (): FramePoolFigures {
    const { counters, active } = this.#sender
    return {
      viewers: this.#viewers.size,
      ...(this.#watch?.figures ?? NOTHING_RECEIVED),
      sending: active,
      sent: counters.frames,
      sentBytes: counters.bytes,
      sentThinned: counters.thinned,
      skipped: counters.skipped
    }
  }

  /** Before this process leaves: viewers elsewhere drop it at once, and don't take it for dead. */
  async farewell (): Promise<void> { await this.#sender.farewell() }

  close (): void {
    for (const leave of this.#leave.splice(0)) leave()
    this.#sender.stop()
    this.#viewers.clear()
    this.#onInstances.clear()
    this.#end()
  }

  /** One that throws harms nobody. */
  #tell (listeners: Iterable<() => void>): void {
    for (const listener of [...listeners]) {
      try {
        listener()
      } catch (error) {
        this.#ports.failed(error)
      }
    }
  }

  #end (): void {
    this.#watch?.close()
    this.#watch = undefined
  }
}

const NOTHING_RECEIVED: WatchFigures = { instances: 0, stale: 0, received: 0, missed: 0, interrupted: 0, late: 0, duplicates: 0, thinned: 0, unreadable: 0, refused: 0 }
