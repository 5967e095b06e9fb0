import { performance } from 'node:perf_hooks'
import { defaults, type ClosedLoopOptions } from './options.ts'
import { seededRandom } from '@plimsoll/core/testing'
import { weightedChoice } from './random.ts'
import { Recorder } from './recorder.ts'
import { requestBytes, type PendingRequest } from './request.ts'
import type { Load } from './load.ts'
import { FreshConnections, type Transport, type TransportEvents } from './transport.ts'
import { WarmConnections } from './warm-connections.ts'

/** Keeps a fixed number of requests in flight: each answer starts the next request. */
export class ClosedLoop implements Load {
  readonly recorder: Recorder
  readonly #options: ClosedLoopOptions
  readonly #transport: Transport
  readonly #bytes: Buffer[]
  readonly #nextClass: () => number
  #inFlight = 0
  #startedAt = 0
  #stopped = false
  #finished: () => void = () => {}

  constructor (options: ClosedLoopOptions) {
    const { host = defaults.host, port, classes, seconds, warmupSeconds = 0, connections, mode = 'warm' } = options
    this.#options = options
    this.recorder = new Recorder({
      classes: classes.map(each => each.name),
      phases: [{ name: 'warm-up', seconds: warmupSeconds }, { name: 'measured', seconds }],
      binMs: options.binMs ?? defaults.binMs,
      deadlineMs: options.deadlineMs ?? defaults.deadlineMs,
      slowMs: options.slowMs ?? options.deadlineMs ?? defaults.deadlineMs,
      timeoutMs: options.timeoutMs ?? defaults.timeoutMs
    })
    this.#bytes = classes.map(each => requestBytes(each, `${host}:${port}`, mode === 'warm'))
    this.#nextClass = weightedChoice(classes.map(each => each.weight), seededRandom(options.seed ?? defaults.seed))
    const events: TransportEvents = {
      onResponse: (request, status) => this.#settled(request, () => {
        this.recorder.answered(request.phase, request.classIndex, this.#since(request), this.elapsedMs(), status)
      }),
      onFailure: (request, error) => this.#settled(request, () => {
        this.recorder.failed(request.phase, request.classIndex, this.#since(request), error)
      })
    }
    this.#transport = mode === 'fresh'
      ? new FreshConnections(host, port, events)
      : new WarmConnections(host, port, connections, events)
  }

  open (): Promise<void> {
    return this.#transport.open()
  }

  async run (): Promise<void> {
    this.#startedAt = performance.now()
    const { connections, seconds, warmupSeconds = 0 } = this.#options
    const endMs = (warmupSeconds + seconds) * 1000
    const stop = setTimeout(() => this.stop(), endMs)
    // A server that never answers must not keep the load from ending.
    const giveUp = setTimeout(() => this.#finished(), endMs + (this.#options.timeoutMs ?? defaults.timeoutMs))
    await new Promise<void>(resolve => {
      this.#finished = resolve
      for (let started = 0; started < connections; started++) this.#next()
    })
    clearTimeout(stop)
    clearTimeout(giveUp)
    this.#transport.close()
  }

  stop (): void {
    this.#stopped = true
    if (this.#inFlight === 0) this.#finished()
  }

  elapsedMs (): number {
    return performance.now() - this.#startedAt
  }

  get phase (): string {
    return this.elapsedMs() < (this.#options.warmupSeconds ?? 0) * 1000 ? 'warm-up' : 'measured'
  }

  #next (): void {
    const classIndex = this.#nextClass()
    const bytes = this.#bytes[classIndex]
    if (bytes === undefined) return
    const nowMs = this.elapsedMs()
    const phase = this.phase === 'warm-up' ? 0 : 1
    this.#inFlight++
    this.recorder.arrived(phase, classIndex, nowMs, nowMs)
    this.#transport.send({ classIndex, phase, scheduledAt: this.#startedAt + nowMs, bytes, carrier: undefined, settled: false })
  }

  #settled (request: PendingRequest, record: () => void): void {
    request.settled = true
    this.#inFlight--
    record()
    // Behind the current answer, so that its connection is free again when the next request asks for one.
    if (!this.#stopped) queueMicrotask(() => this.#next())
    else if (this.#inFlight === 0) this.#finished()
  }

  #since (request: PendingRequest): number {
    return request.scheduledAt - this.#startedAt
  }
}
