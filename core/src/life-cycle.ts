import type { Clock, ClockTimer } from './clock.ts'
import type { JournalEvent } from './journal.ts'
import { Connections } from './life-cycle/connections.ts'
import type { ConnectionServer } from './life-cycle/connections.ts'
import { SignalListener } from './life-cycle/signals.ts'
import type { SignalSource } from './life-cycle/signals.ts'
import type { RawRequest, RawResponse } from './raw.ts'

/** The steps of closing that others take part in, in this order: the first before the last request, the others after it. */
export const PHASES = ['drain', 'resign', 'return-capacity'] as const

/**
 * - `drain`: before what is in flight is waited for; queued work is answered;
 * - `resign`: after the last request; leadership of a cluster is given up, for another instance to take it at once;
 * - `return-capacity`: after that; shares of limits and quotas are given back.
 */
export type Phase = typeof PHASES[number]

export interface LifeCycleOptions {
  /** Signals that close the application. @default ['SIGTERM'], unless the application listens for it when it starts to listen */
  readonly signals?: readonly NodeJS.Signals[] | undefined
  /**
   * Milliseconds between readiness off and the end of listening, in which everything is served, with
   * `Connection: close`. Long enough for a load balancer to hear of it, and for undici's idle connections (4 s) to be
   * given up by the client rather than under its next request. @default 5_000
   */
  readonly drainDelayMs?: number | undefined
  /**
   * Milliseconds after the signal (or after `close()`) at which what is left is destroyed. Below the 30 s after which
   * Kubernetes kills. @default 25_000
   */
  readonly closeDeadlineMs?: number | undefined
}

export interface LifeCyclePorts {
  readonly clock: Clock
  readonly journal: { record (event: JournalEvent): void }
  readonly scopes: LifeCycleScopes
  readonly app: ClosableApp
  readonly process?: SignalSource
}

interface LifeCycleScopes {
  readonly inFlight: number
  readonly openStreams: number
  of (req: RawRequest, res: RawResponse): unknown
  /** From now on answers say `Connection: close`. */
  drain (): void
  endEventStreams (): void
  destroyStreams (): void
}

export interface ClosableApp {
  readonly server: ConnectionServer & { close (done?: (error?: Error) => void): unknown }
  readonly routing: unknown
  close (): PromiseLike<unknown>
}

/** Milliseconds between looks for connections that became idle while closing. */
const IDLE_SWEEP_MS = 500

/** The way out: readiness off, answers with `Connection: close`, the phases, and an end at the deadline. */
export class LifeCycle {
  #state: 'starting' | 'running' | 'draining' | 'closed' = 'starting'
  readonly #clock: Clock
  readonly #journal: LifeCyclePorts['journal']
  readonly #scopes: LifeCycleScopes
  readonly #app: ClosableApp
  readonly #connections: Connections
  readonly #signals: SignalListener
  readonly #tasks: Record<Phase, Set<() => void | Promise<void>>> = { drain: new Set(), resign: new Set(), 'return-capacity': new Set() }
  readonly #deadline: PromiseWithResolvers<void> = Promise.withResolvers()
  readonly #hurry: PromiseWithResolvers<void> = Promise.withResolvers()
  #timers: ClockTimer[] = []
  #drainDelayMs = 5000
  #closeDeadlineMs = 25_000
  #signalled = false

  constructor ({ clock, journal, scopes, app, process: signals = process }: LifeCyclePorts) {
    this.#clock = clock
    this.#journal = journal
    this.#scopes = scopes
    this.#app = app
    this.#connections = new Connections(app.routing, (req, res) => { scopes.of(req, res) })
    this.#signals = new SignalListener(signals, () => this.#onSignal())
  }

  get state (): 'starting' | 'running' | 'draining' | 'closed' { return this.#state }

  /** Whether new requests are welcome. */
  get ready (): boolean { return this.#state === 'running' }

  /** Registers a task of a phase; returns the way out. It may take until the deadline; the tasks of a phase run together. */
  on (phase: Phase, task: () => void | Promise<void>): () => void {
    const own = (): void | Promise<void> => task()
    this.#tasks[phase].add(own)
    return () => { this.#tasks[phase].delete(own) }
  }

  /** At onReady. */
  start ({ drainDelayMs = 5000, closeDeadlineMs = 25_000 }: LifeCycleOptions = {}): void {
    this.#drainDelayMs = drainDelayMs
    this.#closeDeadlineMs = closeDeadlineMs
    this.#state = 'running'
    this.#connections.watch(this.#app.server)
  }

  /** At onListen: an application that doesn't listen, as under test, leaves the signals alone. */
  listen ({ signals }: LifeCycleOptions = {}): void {
    this.#signals.start(signals)
  }

  /** At preClose, before any other: whether a signal or the application itself closes. */
  async closing (): Promise<void> {
    this.#begin('the application closes')
    await this.#run('drain')
    this.#scopes.endEventStreams()
    this.#connections.close()
    this.#timers.push(this.#clock.every(IDLE_SWEEP_MS, () => this.#connections.closeIdle()))
    this.#finishBeforeServerCloses()
  }

  /** At onClose, after every other. */
  closed (): void {
    this.#state = 'closed'
    for (const timer of this.#timers) timer.cancel()
    this.#signals.stop()
    this.#connections.unwatch()
  }

  #onSignal (): void {
    if (this.#signalled) {
      this.#record('hurried', 'a second signal: the drain delay ends now; what is in flight may still finish')
      this.#hurry.resolve()
      return
    }
    this.#signalled = true
    this.#shutDown().catch((error) => {
      process.exitCode = 1
      this.#record('close-failed', `the application failed to close: ${String(error)}`, 'error')
    })
  }

  async #shutDown (): Promise<void> {
    this.#begin('a signal came')
    await Promise.race([this.#after(this.#drainDelayMs), this.#hurry.promise, this.#deadline.promise])
    await this.#app.close()
  }

  #begin (why: string): void {
    if (this.#state === 'draining') return
    this.#state = 'draining'
    this.#record('draining', `${why}: not ready, ${this.#scopes.inFlight} requests in flight, ${this.#scopes.openStreams} streams open`)
    this.#scopes.drain()
    this.#connections.discourage()
    this.#timers.push(this.#clock.after(this.#closeDeadlineMs, () => this.#expire()))
  }

  /**
   * Fastify waits in `server.close()` for what is in flight, and runs the onClose hooks after it; in between, while the
   * connections that those hooks close are still open, is the place of the last phases.
   */
  #finishBeforeServerCloses (): void {
    const { server } = this.#app
    const close = server.close.bind(server)
    server.close = (done) => close((error) => {
      this.#resignAndReturn().then(() => done?.(error), done)
    })
  }

  async #resignAndReturn (): Promise<void> {
    await this.#run('resign')
    await this.#run('return-capacity')
  }

  async #run (phase: Phase): Promise<void> {
    const tasks = [...this.#tasks[phase]].map(async (task) => {
      try {
        await task()
      } catch (error) {
        this.#record('task-failed', `a task of the phase ${phase} failed: ${String(error)}`, 'error')
      }
    })
    await Promise.race([Promise.all(tasks), this.#deadline.promise])
  }

  #expire (): void {
    this.#record('deadline', `closing took ${this.#closeDeadlineMs} ms: destroying ${this.#scopes.inFlight} requests in flight and ${this.#scopes.openStreams} streams`, 'warning')
    this.#deadline.resolve()
    this.#scopes.destroyStreams()
    this.#connections.destroy()
  }

  #after (ms: number): Promise<void> {
    return new Promise((resolve) => { this.#timers.push(this.#clock.after(ms, resolve)) })
  }

  #record (event: string, message: string, severity: 'info' | 'warning' | 'error' = 'info'): void {
    this.#journal.record({ component: 'life-cycle', event, message, severity })
  }
}
