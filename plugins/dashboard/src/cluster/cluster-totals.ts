import { mergeTotals } from '@plimsoll/core'
import type { Clock, TimeRange } from '@plimsoll/core'
import { TrafficSum } from './traffic-sum.ts'
import type { Traffic } from './traffic-sum.ts'

/** Everything that all instances have told of in some stretch of time: exact, as far as no frame was lost. */
export interface ClusterTotals extends Traffic {
  /** Milliseconds since the Unix epoch, by this instance's clock: what the totals are really of. */
  readonly from: number
  readonly to: number
  /** Added up. */
  readonly frames: number
}

/** What came within a minute: open as sums, closed as text outside the heap. */
interface Minute {
  readonly from: number
  readonly to: number
  readonly frames: number
  readonly text: Buffer
}

const MINUTE_MS = 60_000
const MAX_MINUTES = 60
const MAX_BYTES = 32 * 1024 * 1024

/** Adds frames up since it was made, and minute by minute for the last hour. */
export class TotalsByMinute {
  readonly #clock: Pick<Clock, 'now' | 'wallTime'>
  readonly #begun: number
  readonly #all = new TrafficSum()
  #allFrames = 0
  readonly #minutes: Minute[] = []
  #bytes = 0
  #open = new TrafficSum()
  #openFrames = 0
  #openSince: number
  #openUntil: number

  constructor (clock: Pick<Clock, 'now' | 'wallTime'>) {
    this.#clock = clock
    this.#begun = clock.wallTime()
    this.#openSince = this.#begun
    this.#openUntil = clock.now() + MINUTE_MS
  }

  add (traffic: Traffic): void {
    if (this.#clock.now() >= this.#openUntil) this.#close()
    this.#all.add(traffic)
    this.#allFrames += 1
    this.#open.add(traffic)
    this.#openFrames += 1
  }

  /** Of the whole time; with a range, of the minutes that it touches. Times are those of a frame's arrival. */
  totals ({ from, to }: TimeRange = {}): ClusterTotals {
    if (from === undefined && to === undefined) return { from: this.#begun, to: this.#clock.wallTime(), frames: this.#allFrames, ...this.#all.totals() }
    const [least, beyond] = [from ?? -Infinity, to ?? Infinity]
    const open = { from: this.#openSince, to: this.#clock.wallTime(), frames: this.#openFrames }
    const touched = [...this.#minutes, open].filter((minute) => minute.from < beyond && minute.to > least)
    const merged = mergeTotals(touched.map((minute) => ({ figures: [], ...('text' in minute ? trafficOf(minute) : this.#open.totals()) })))
    return {
      from: touched[0]?.from ?? open.to,
      to: touched.at(-1)?.to ?? open.to,
      frames: touched.reduce((sum, { frames }) => sum + frames, 0),
      routes: merged.routes,
      upstreams: merged.upstreams
    }
  }

  #close (): void {
    const now = this.#clock.wallTime()
    const text = Buffer.from(JSON.stringify(this.#open.totals()))
    this.#minutes.push({ from: this.#openSince, to: now, frames: this.#openFrames, text })
    this.#bytes += text.length
    while (this.#minutes.length > MAX_MINUTES || this.#bytes > MAX_BYTES) this.#bytes -= this.#minutes.shift()!.text.length
    this.#open = new TrafficSum()
    this.#openFrames = 0
    this.#openSince = now
    this.#openUntil = this.#clock.now() + MINUTE_MS
  }
}

/** As it was written above. */
function trafficOf ({ text }: Minute): Traffic { return JSON.parse(text.toString()) }
