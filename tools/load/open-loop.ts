import { performance } from 'node:perf_hooks'
import { PoissonArrivals, totalMs } from './arrivals.ts'
import { Fifo } from './fifo.ts'
import { defaults, type OpenLoopOptions } from './options.ts'
import { seededRandom } from '@plimsoll/core/testing'
import { weightedChoice } from './random.ts'
import { Recorder } from './recorder.ts'
import { requestBytes, type PendingRequest } from './request.ts'
import { FreshConnections, type Transport, type TransportEvents } from './transport.ts'
import { WarmConnections } from './warm-connections.ts'
import type { Load } from './load.ts'

/** Arrivals made up in one turn after the loop was blocked; answers are read between two batches. */
const LARGEST_BATCH = 256
/** Closer than this the next arrival is awaited by turning the loop: timers are a millisecond or two late. */
const SPIN_BELOW_MS = 2
/** Clients that give up are looked for at least this often. */
const LONGEST_SLEEP_MS = 10

/** A stream of arrivals: the load itself, or the probe beside it. */
interface Stream {
  readonly arrivals: PoissonArrivals
  readonly nextClass: () => number
  readonly transport: Transport
}

/** Sends requests when the schedule says, whatever becomes of the earlier ones. */
export class OpenLoop implements Load {
  readonly recorder: Recorder
  readonly #options: OpenLoopOptions
  readonly #streams: Stream[]
  readonly #bytes: Buffer[]
  readonly #timeoutMs: number
  /** In the order of their arrival, so that only the head has to be looked at for timeouts. */
  readonly #pending = new Fifo<PendingRequest>()
  #startedAt = 0
  #stopped = false
  #finished: () => void = () => {}

  constructor (options: OpenLoopOptions) {
    const { host = defaults.host, port, classes, phases, probe, mode, seed = defaults.seed } = options
    this.#options = options
    this.#timeoutMs = options.timeoutMs ?? defaults.timeoutMs
    const names = classes.map(each => each.name)
    this.recorder = new Recorder({
      classes: probe === undefined ? names : [...names, 'probe'],
      phases: phases.map((phase, index) => ({ name: phase.name ?? String(index), seconds: phase.seconds })),
      binMs: options.binMs ?? defaults.binMs,
      deadlineMs: options.deadlineMs ?? defaults.deadlineMs,
      slowMs: options.slowMs ?? options.deadlineMs ?? defaults.deadlineMs,
      timeoutMs: this.#timeoutMs
    })

    const random = seededRandom(seed)
    const fresh = new FreshConnections(host, port, this.#transportEvents)
    const transport = mode === 'fresh'
      ? fresh
      : new WarmConnections(host, port, options.connections ?? defaults.connections, this.#transportEvents)
    this.#streams = [{
      arrivals: new PoissonArrivals(phases, random),
      nextClass: weightedChoice(classes.map(each => each.weight), random),
      transport
    }]
    this.#bytes = classes.map(each => requestBytes(each, `${host}:${port}`, mode === 'warm'))
    if (probe !== undefined) {
      const probePhases = phases.map(({ seconds }) => ({ seconds, rate: probe.rate }))
      this.#streams.push({
        arrivals: new PoissonArrivals(probePhases, seededRandom(seed + 1)),
        nextClass: () => classes.length,
        transport: fresh
      })
      this.#bytes.push(requestBytes(probe, `${host}:${port}`, false))
    }
  }

  async open (): Promise<void> {
    await Promise.all(this.#streams.map(stream => stream.transport.open()))
  }

  /** Resolves when every arrival of the schedule has been settled. */
  async run (): Promise<void> {
    this.#startedAt = performance.now()
    await new Promise<void>(resolve => {
      this.#finished = resolve
      this.#turn()
    })
    for (const stream of this.#streams) stream.transport.close()
  }

  stop (): void {
    this.#stopped = true
  }

  elapsedMs (): number {
    return performance.now() - this.#startedAt
  }

  get phase (): string {
    const { phases } = this.#options
    const index = Math.min(this.#streams[0]?.arrivals.phase ?? 0, phases.length - 1)
    return phases[index]?.name ?? String(index)
  }

  #turn (): void {
    for (const stream of this.#streams) this.#sendDue(stream)
    this.#giveUp()
    const nextMs = this.#stopped ? Infinity : Math.min(...this.#streams.map(stream => stream.arrivals.atMs))
    if (nextMs === Infinity && this.#pending.length === 0 && (this.#stopped || this.elapsedMs() >= totalMs(this.#options.phases))) {
      this.#finished()
      return
    }
    const wait = nextMs - this.elapsedMs()
    if (wait < SPIN_BELOW_MS) setImmediate(() => this.#turn())
    else setTimeout(() => this.#turn(), Math.min(LONGEST_SLEEP_MS, wait - SPIN_BELOW_MS + 1))
  }

  #sendDue ({ arrivals, nextClass, transport }: Stream): void {
    const nowMs = this.elapsedMs()
    for (let batch = 0; batch < LARGEST_BATCH && arrivals.atMs <= nowMs && !this.#stopped; batch++) {
      const { atMs, phase } = arrivals
      const classIndex = nextClass()
      const bytes = this.#bytes[classIndex]
      arrivals.advance()
      if (bytes === undefined) continue
      const request: PendingRequest = {
        classIndex, phase, scheduledAt: this.#startedAt + atMs, bytes, carrier: undefined, settled: false
      }
      this.#pending.push(request)
      this.recorder.arrived(phase, classIndex, atMs, this.elapsedMs())
      transport.send(request)
    }
  }

  /** Clients whose patience is over close their connection; one that has none yet just goes. */
  #giveUp (): void {
    const oldest = performance.now() - this.#timeoutMs
    for (let request = this.#pending.peek(); request !== undefined; request = this.#pending.peek()) {
      if (!request.settled) {
        if (request.scheduledAt > oldest) return
        request.settled = true
        this.recorder.timedOut(request.phase, request.classIndex, request.scheduledAt - this.#startedAt)
        request.carrier?.destroy()
      }
      this.#pending.shift()
    }
  }

  readonly #transportEvents: TransportEvents = {
    onResponse: (request, status) => {
      if (request.settled) return
      request.settled = true
      this.recorder.answered(request.phase, request.classIndex, request.scheduledAt - this.#startedAt, this.elapsedMs(), status)
    },
    onFailure: (request, error) => {
      if (request.settled) return
      request.settled = true
      this.recorder.failed(request.phase, request.classIndex, request.scheduledAt - this.#startedAt, error)
    }
  }
}
