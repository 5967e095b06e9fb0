import type { Clock, ClockTimer, Coordinator, Frame, Frames, TimeRange } from '@plimsoll/core'
import type { ObservedFrame } from '../view/observed-frame.ts'
import { TotalsByMinute } from './cluster-totals.ts'
import type { ClusterTotals } from './cluster-totals.ts'
import { writeRequest } from './frame-message.ts'
import { FrameReceiver } from './frame-receiver.ts'
import { OtherInstances } from './other-instances.ts'
import type { ReceivedFigures } from './other-instances.ts'

export interface ClusterWatchPorts {
  readonly frames: Pick<Frames, 'instance' | 'latest' | 'subscribe'>
  readonly coordinator: Pick<Coordinator, 'broadcasts' | 'capabilities' | 'incarnation' | 'mode' | 'registry'>
  readonly clock: Clock
  readonly requests: string
  readonly channel: string
  /** This instance's frame is in. */
  readonly ticked: () => void
  /** Another instance appeared, became stale, came back or went. */
  readonly changed: () => void
}

/** Exact where `missed` and `interrupted`, which are of the whole time, are 0. */
export type PoolTotals = ClusterTotals & Pick<ReceivedFigures, 'missed' | 'interrupted'>

export interface WatchFigures extends ReceivedFigures {
  /** Of no version that is known here, or no frames at all. */
  readonly unreadable: number
  /** Beyond a bound: more than 100 instances, 32 MiB of frames, or two processes of one id. */
  readonly refused: number
}

/** Of an instance's own frames: the others send for 5 seconds, so that two requests may be lost. */
const FRAMES_PER_REQUEST = 2
/** A loop that stood still for longer than this has heard nobody. */
const STALL_MS = 250
const MAX_SILENT = 100

/** All that there is while somebody looks, from the first viewer to the last. It runs on this instance's frames. */
export class ClusterWatch {
  readonly #ports: ClusterWatchPorts
  readonly #totals: TotalsByMinute
  readonly #others: OtherInstances
  readonly #receiver: FrameReceiver
  readonly #leave: Array<() => void> = []
  #framesSinceRequest = 0
  #next: ClockTimer | undefined
  #closed = false

  constructor (ports: ClusterWatchPorts) {
    const { clock, coordinator, frames, channel } = ports
    this.#ports = ports
    this.#totals = new TotalsByMinute(clock)
    this.#others = new OtherInstances(frames.instance)
    this.#receiver = new FrameReceiver({
      life: coordinator.incarnation,
      wanted: ({ life, sequence }) => this.#others.wants(life, sequence),
      received: (received) => {
        // It may have been read by the time that everybody had left.
        if (this.#closed || !this.#others.add(received, clock.now())) return
        this.#totals.add(received.frame)
        this.#tellChanges()
      },
      gone: (life) => {
        this.#others.remove(life)
        this.#tellChanges()
      }
    })
    this.#leave.push(frames.subscribe((frame) => { this.#tick(frame) }))
    if (coordinator.capabilities.scope === 'cluster') this.#leave.push(coordinator.broadcasts.receive(channel, (bytes) => { this.#receiver.take(bytes) }))
    this.ask()
  }

  /** This instance first, then the others by name; empty until its first frame. */
  frames (): readonly ObservedFrame[] {
    const { frames: { latest }, clock } = this.#ports
    return latest === undefined ? [] : [{ frame: latest, stale: false }, ...this.#others.list(clock.now())]
  }

  silent (): readonly string[] {
    const { coordinator, frames } = this.#ports
    return coordinator.registry.lastSeen().map(({ id }) => id).filter((id) => id !== frames.instance && !this.#others.has(id)).slice(0, MAX_SILENT)
  }

  totals (range?: TimeRange): PoolTotals {
    const { missed, interrupted } = this.#others.figures(this.#ports.clock.now())
    return { ...this.#totals.totals(range), missed, interrupted }
  }

  get figures (): WatchFigures {
    const { unreadable, refused } = this.#receiver.counters
    return { ...this.#others.figures(this.#ports.clock.now()), unreadable, refused: refused + this.#others.refused }
  }

  /** Asks the others to send; while the backend is away, for nothing. */
  ask (): void {
    const { coordinator, requests } = this.#ports
    this.#framesSinceRequest = 0
    if (coordinator.mode === 'cluster') coordinator.broadcasts.send(requests, writeRequest(coordinator.incarnation))
  }

  close (): void {
    this.#closed = true
    this.#next?.cancel()
    for (const leave of this.#leave) leave()
  }

  #tick (frame: Frame): void {
    // Somebody who was told of the same frame before may have closed it.
    if (this.#closed) return
    this.#totals.add(frame)
    this.#framesSinceRequest += 1
    if (this.#framesSinceRequest >= FRAMES_PER_REQUEST) this.ask()
    const stood = frame.window - 1000
    if (stood > STALL_MS) this.#others.excuse(stood)
    this.#others.forget(this.#ports.clock.now())
    this.#tellChanges()
    this.#watchNext()
    this.#ports.ticked()
  }

  #tellChanges (): void {
    if (this.#others.changed(this.#ports.clock.now())) this.#ports.changed()
  }

  /** The moment at which one becomes stale is seldom that of a tick. */
  #watchNext (): void {
    const { clock } = this.#ports
    this.#next?.cancel()
    const left = this.#others.untilStale(clock.now())
    // A timer may fire a fraction of a millisecond early.
    this.#next = left < 1000 ? clock.after(left + 1, () => { this.#tellChanges() }) : undefined
  }
}
