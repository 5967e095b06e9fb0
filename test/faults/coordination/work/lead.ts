import { isCoordinatorError } from '@plimsoll/core'
import type { Leadership } from '@plimsoll/core'
import { sleep } from './work-ports.ts'
import type { WorkPorts } from './work-ports.ts'

/** Writes that a leader sends all the same when it has learned of its end: so many are answered, or it gives up. */
const LATE_WRITES = 8
const LATE_MS = 400
const IDLE_MS = 5
const STANDS_BACK_MS = 30
/** Writes are made over this time, so that a fault falls among them. */
const SPREAD_MS = 1_000

/** Stands for election, and while it leads writes what only the leader may write. */
export class Leading {
  readonly #ports: WorkPorts
  #wanted = 0
  #written = 0
  #gapMs = 0
  #leadership: Leadership | undefined

  constructor (ports: WorkPorts) { this.#ports = ports }

  /** This many more writes, while it leads. */
  want (writes: number): void {
    this.#wanted += writes
    this.#gapMs = SPREAD_MS * this.#ports.config.writeBatch / this.#wanted
  }

  resign (): void {
    const leadership = this.#leadership
    if (leadership === undefined) return
    const { log } = this.#ports
    log.addNow({ kind: 'resigning', epoch: Number(leadership.fence.epoch), at: log.now() })
    leadership.resign().catch(() => {})
  }

  async run (): Promise<void> {
    const { coordinator, stop } = this.#ports
    while (!stop.aborted) {
      await coordinator.elect('leader').run((leadership) => this.#lead(leadership), { signal: stop })
    }
  }

  async #lead (leadership: Leadership): Promise<void> {
    const { config, log, sampler, stop, tell } = this.#ports
    const epoch = Number(leadership.fence.epoch)
    log.addNow({ kind: 'elected', epoch, at: log.now() })
    sampler.held = { epoch, isHeld: config.conduct.leads === 'by-a-flag' ? flagOf(leadership) : () => leadership.isHeld() }
    this.#leadership = leadership
    tell({ tell: 'leads', epoch })
    while (!leadership.signal.aborted && !stop.aborted) {
      if (this.#wanted > 0) await this.#write(leadership, epoch)
      await sleep(this.#wanted > 0 ? this.#gapMs : IDLE_MS, leadership.signal)
    }
    this.#leadership = undefined
    // Decided upon while it led, and sent whatever has happened since: the store has to refuse them.
    const until = log.now() + LATE_MS
    for (let answered = 0; answered < LATE_WRITES && log.now() < until && !stop.aborted;) answered += await this.#write(leadership, epoch)
    sampler.sample()
    sampler.held = undefined
    log.addNow({ kind: 'over', epoch, at: log.now() })
    tell({ tell: 'leads-no-more' })
    // Others first: the one that has just led would be back at once.
    await sleep(STANDS_BACK_MS, stop)
  }

  /** How many were answered, whatever was said. */
  async #write (leadership: Leadership, epoch: number): Promise<number> {
    const { config } = this.#ports
    const count = Math.min(config.writeBatch, Math.max(1, this.#wanted))
    const outcomes = await Promise.all(Array.from({ length: count }, () => this.#writeOne(leadership, epoch)))
    const added = outcomes.filter((outcome) => outcome === 'accepted').length
    this.#wanted = Math.max(0, this.#wanted - added)
    this.#written += added
    this.#ports.tell({ tell: 'wrote', total: this.#written })
    // Away: the link answers at once, without a turn of the event loop.
    if (added === 0) await sleep(1)
    return outcomes.filter((outcome) => outcome !== 'away').length
  }

  async #writeOne (leadership: Leadership, epoch: number): Promise<'accepted' | 'fenced' | 'away' | 'unknown'> {
    const { coordinator, config, log } = this.#ports
    const sent = log.now()
    try {
      const revision = await coordinator.set('ledger', epoch, config.conduct.writes === 'fenced' ? { fence: leadership.fence } : {})
      log.add({ kind: 'accepted', epoch, revision: String(revision), sent, answered: log.now() })
      return 'accepted'
    } catch (error) {
      const why = isCoordinatorError(error, 'FENCED') ? 'fenced' : isCoordinatorError(error, 'UNAVAILABLE') ? 'away' : 'unknown'
      log.add({ kind: 'refused', why, epoch, sent })
      if (why === 'unknown') log.addNow({ kind: 'failure', message: `a fenced write: ${String(error)}`, at: sent })
      return why
    }
  }
}

/** The mistake of the control: what was true once is believed until somebody comes and says otherwise. */
function flagOf (leadership: Leadership): () => boolean {
  let leads = true
  leadership.signal.addEventListener('abort', () => { leads = false })
  return () => leads
}
