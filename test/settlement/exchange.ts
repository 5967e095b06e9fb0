import type { RequestScope, SettleReason } from '@plimsoll/core'
import type { Cell } from './cells.ts'

/** One request of the matrix: what is planned for it, how far it has come, and how it was settled. */
export class Exchange {
  readonly id: string
  readonly cell: Cell
  readonly plan: Plan
  readonly arrived: Stage = new Stage()
  readonly started: Stage = new Stage()
  readonly settlements: SettleReason[] = []
  workDone = 0

  constructor (id: string, cell: Cell, plan: Plan) {
    this.id = id
    this.cell = cell
    this.plan = plan
  }

  /** Whether its work may go on for as long as its lease: nothing tells its end, for there is none. */
  get mayRunOn (): boolean {
    const { cell: { transport, moment, handler }, plan } = this
    if (handler === 'never') return true
    // Node 22 doesn't tell Fastify that the connection of a waiting response has closed, so its stream is not destroyed.
    if (transport === 'pipelined' && moment === 'mid-stream' && handler === 'streams') return process.version.startsWith('v22.')
    // A handler that is not called, since its body never comes.
    return plan.bodyRead && (moment === 'body' || (moment === 'queued' && !plan.gateDrops))
  }

  get expected (): SettleReason {
    if (this.cell.moment === 'after-end') return 'completed'
    return this.plan.eventStream ? 'stream' : 'client-abort'
  }
}

/** The interleaving of one request, drawn at random. */
export interface Plan {
  /** Turns of the event loop before the client aborts. */
  readonly turnsBeforeAbort: number
  /** Turns between the server noticing the abort (or, where there is none yet, starting) and the handler acting. */
  readonly turnsBeforeAct: number
  /** Whether the gate sees that the client has gone and drops what it holds, or passes it on all the same. */
  readonly gateDrops: boolean
  /** Whether the body is read before the handler is called, or never. */
  readonly bodyRead: boolean
  /** Whether a stream is one of events. */
  readonly eventStream: boolean
  readonly abort: 'reset' | 'fin' | 'destroy'
}

/** A point that an exchange reaches once. */
export class Stage {
  readonly #resolvers: PromiseWithResolvers<void> = Promise.withResolvers()

  get reached (): Promise<void> { return this.#resolvers.promise }

  reach (): void { this.#resolvers.resolve() }
}

/** What records the settlements. */
export const RECORDER = {
  settled (_scope: RequestScope, reason: SettleReason, exchange: Exchange): void { exchange.settlements.push(reason) },
  workDone (_scope: RequestScope, exchange: Exchange): void { exchange.workDone++ }
}

export async function turns (count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => { setImmediate(resolve) })
}
