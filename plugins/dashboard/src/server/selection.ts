import { ViewBuilder } from '../view/view-builder.ts'
import type { Selected } from '../view/view-builder.ts'
import type { ObservedFrame } from '../view/observed-frame.ts'
import type { InstanceChange } from '../view/instance-changes.ts'
import type { View } from '../view/view.ts'
import { encodeEvent } from './event-stream.ts'
import { Replay } from './replay.ts'
import type { Viewer } from './viewer.ts'

/** What can be looked at, all instances or one, and who looks at it. Each second is built and serialised once for all of them. */
export class Selection {
  readonly viewers: Set<Viewer> = new Set()
  readonly #builder: ViewBuilder
  readonly #replay: Replay = new Replay()
  #waiting: Array<PromiseWithResolvers<View>> = []
  #view: View | undefined
  /** When somebody last asked for it or left it, in monotonic milliseconds. */
  lookedAt: number

  constructor (selected: Selected, now: number) {
    this.#builder = new ViewBuilder(selected)
    this.lookedAt = now
  }

  /** Of this second; `undefined` before the first. */
  get view (): View | undefined { return this.#view }

  /** Requests that wait for the next second. */
  get waiting (): number { return this.#waiting.length }

  /** Whether somebody looks at it, or did after `since`. */
  wantedSince (since: number): boolean { return this.viewers.size > 0 || this.waiting > 0 || this.lookedAt > since }

  add (viewer: Viewer, { lastEventId, now }: { readonly lastEventId: number | undefined, readonly now: number }): void {
    this.viewers.add(viewer)
    const missed = lastEventId === undefined ? [] : this.#replay.since(lastEventId)
    // In one piece: one after the other, a viewer would be given the newest only.
    const first = missed.length > 0 ? Buffer.concat(missed) : this.#replay.newest
    if (first !== undefined) viewer.send(first, now)
  }

  async next (): Promise<View> {
    const next = Promise.withResolvers<View>()
    this.#waiting.push(next)
    return await next.promise
  }

  /** Who waits is told that nothing will come. */
  cancel (reason: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(reason)
  }

  /** `now` monotonic, `at` wall clock, in milliseconds; `complete`: all instances have been heard of, as far as they will be. */
  tick ({ id, at, now, observed, complete }: { readonly id: number, readonly at: number, readonly now: number, readonly observed: readonly ObservedFrame[], readonly complete: boolean }): void {
    const { view, instanceChanges, alertChanges } = this.#builder.build(id, at, observed)
    this.#view = view
    if (complete) for (const { resolve } of this.#waiting.splice(0)) resolve(view)
    const events = [
      encodeEvent('metrics', view, id),
      ...instanceChanges.map((change) => encodeEvent('worker', change)),
      ...alertChanges.map((alert) => encodeEvent('alert', alert))
    ]
    const event = Buffer.from(events.join(''))
    this.#replay.add(id, event)
    this.#send(event, now)
  }

  /** An instance came or went between two seconds: its viewers are told at once. */
  instancesChanged (observed: readonly ObservedFrame[], now: number): void {
    const changes: readonly InstanceChange[] = this.#builder.instanceChanges(observed)
    if (changes.length > 0) this.#send(Buffer.from(changes.map((change) => encodeEvent('worker', change)).join('')), now)
  }

  #send (event: Buffer, now: number): void {
    for (const viewer of this.viewers) viewer.send(event, now)
  }
}
