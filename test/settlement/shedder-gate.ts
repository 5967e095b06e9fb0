import type { Clock } from '@plimsoll/core'
import { ensureCore } from '@plimsoll/core'
import loadShedder from '@plimsoll/load-shedder'
import type { LoadShedderOptions, Strategy } from '@plimsoll/load-shedder'
import type { FastifyInstance } from 'fastify'
import type { Settling } from './service.ts'

/** A strategy that refuses nobody and starts everything, or nothing. */
class Turnstile implements Strategy {
  readonly name = 'priority'
  limit: number = Infinity
  readonly reserve = 0
  readonly maxQueued: number = Infinity
  readonly eviction = 'least-important'
  readonly order = 'fifo'
  readonly stalledAfterMs: number = Infinity
  readonly overloaded = false
  readonly tickMs = 0
  maxWaitMs (): number { return Infinity }
  arrive (): undefined { return undefined }
  started (): void {}
  finished (): void {}
  tick (): void {}
  snapshot (): Record<string, number> { return { limit: this.limit } }
}

/** The load-shedder's gate in front of every app of the matrix, held shut while clients are to leave its queue. */
export class ShedderGate implements Settling {
  readonly #clock: Clock
  readonly #turnstile = new Turnstile()
  readonly #apps: FastifyInstance[] = []
  readonly #ablate: NonNullable<LoadShedderOptions['ablate']>

  constructor (clock: Clock, ablate: NonNullable<LoadShedderOptions['ablate']>) {
    this.#clock = clock
    this.#ablate = ablate
  }

  get inFlight (): number { return this.#sum(app => app.loadShedder.gate.inFlight) }
  get queued (): number { return this.#sum(app => app.loadShedder.gate.queued) }
  get openScopes (): number { return this.#sum(app => app.plimsoll.scopes.inFlight) }

  install (app: FastifyInstance, arrived: Parameters<Settling['install']>[1]): void {
    const { admission } = ensureCore(app, { clock: this.#clock })
    app.register(loadShedder, { strategy: () => this.#turnstile, maxQueue: 10_000, ablate: this.#ablate })
    admission.add({
      name: 'matrix',
      order: 0,
      check (scope) {
        arrived(scope.req, scope)
        return undefined
      }
    })
    this.#apps.push(app)
  }

  hold (shut: boolean): void { this.#turnstile.limit = shut ? 0 : Infinity }

  #sum (figure: (app: FastifyInstance) => number): number { return this.#apps.reduce((total, app) => total + figure(app), 0) }
}
