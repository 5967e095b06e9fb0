import type { Clock, ClockTimer } from '../clock.ts'
import type { CommitResult, DriverSession, Operation, Pulse } from './driver.ts'
import { isCoordinatorError, SessionLost } from './errors.ts'
import { keys } from './keys.ts'
import type { Link } from './link.ts'
import { generationOf } from './revision.ts'
import { Tenure } from './tenure.ts'
import { validityOf } from './timings.ts'
import type { CoordinatorTimings } from './timings.ts'

export interface SessionEvents {
  /** A session is there; `previous` is what was lost before it, and whether the store had lost its data. */
  opened (tenure: Tenure, pulse: Pulse, previous: { readonly tenure: Tenure, readonly dataLost: boolean } | undefined): void
  /** A renewal was answered; `followed` are the sessions that it asked about. */
  pulse (pulse: Pulse, followed: readonly string[]): void
  lost (tenure: Tenure, why: 'deadline' | 'session-lost'): void
  /** The backend was tried and did not answer. */
  unreachable (error: unknown): void
  /** What rides on the next renewal. */
  takePayload (): readonly Operation[]
  /** Sessions that the next renewal asks about. */
  followed (): readonly string[]
}

export interface InstanceSessionOptions {
  readonly link: Link
  readonly clock: Clock
  readonly timings: CoordinatorTimings
  readonly incarnation: string
  readonly events: SessionEvents
}

/**
 * The one leased session of an instance that everything it holds hangs on (etcd's `concurrency.Session`): renewed by one
 * command a third of the ttl, ended by the instance's own monotonic clock, and opened anew, with a new identity, after a
 * loss.
 */
export class InstanceSession {
  readonly #link: Link
  readonly #clock: Clock
  readonly #timings: CoordinatorTimings
  readonly #incarnation: string
  readonly #events: SessionEvents
  /** In a store that only this process sees nothing can be taken over, so a lease needs no end. */
  readonly #endless: boolean
  #tenure: Tenure | undefined
  #previous: Tenure | undefined
  #session: DriverSession | undefined
  #generation: number | undefined
  #sessions = 0
  #next: ClockTimer | undefined
  #deadline: ClockTimer | undefined
  readonly #stop = new AbortController()
  #connected = false
  #closed = false

  constructor ({ link, clock, timings, incarnation, events }: InstanceSessionOptions) {
    this.#link = link
    this.#clock = clock
    this.#timings = timings
    this.#incarnation = incarnation
    this.#events = events
    this.#endless = link.driver.capabilities.scope === 'process'
  }

  get tenure (): Tenure | undefined { return this.#tenure }

  /** Connects where need be, and opens a session. Tries once; on failure goes on trying in the background. */
  async start (): Promise<boolean> {
    if (this.#closed) return false
    const { driver } = this.#link
    this.#sessions += 1
    const id = `${this.#incarnation}.${this.#sessions}`
    const { ttlMs, commandTimeoutMs, connectTimeoutMs, reconnectMs } = this.#timings
    try {
      if (!this.#connected) await this.#link.within(connectTimeoutMs, () => driver.connect(this.#stop.signal), false)
      this.#connected = true
      const sentAt = this.#clock.now()
      const session = await this.#link.within(commandTimeoutMs, () => driver.openSession(id, this.#endless ? Infinity : ttlMs), true)
      const alive = await this.#link.within(commandTimeoutMs, () => this.#announce(id), true)
      if (!alive.ok || generationOf(alive.revision) !== generationOf(session.pulse.revision)) throw new SessionLost(id)
      this.#opened(session, sentAt)
    } catch (error) {
      if (this.#closed) return false
      this.#events.unreachable(error)
      this.#next = this.#clock.after(reconnectMs * (0.5 + 0.5 * this.#clock.random()), () => { this.start() })
      return false
    }
    return this.#tenure !== undefined
  }

  /** Ends what is held; entries of the session go at once where the store can be reached. */
  async close (): Promise<void> {
    this.#closed = true
    this.#stop.abort()
    const session = this.#session
    this.#end()
    if (session !== undefined) await this.#revoke(session)
  }

  #announce (id: string): Promise<CommitResult> {
    return this.#link.driver.commit({
      id: `${id}:live`,
      checks: [],
      operations: [{ put: keys.live(id), value: new Uint8Array(), session: id }]
    })
  }

  #opened (session: DriverSession, sentAt: number): void {
    if (this.#closed) {
      this.#revoke(session)
      return
    }
    const generation = generationOf(session.pulse.revision)
    const dataLost = this.#generation !== undefined && this.#generation !== generation
    this.#generation = generation
    this.#session = session
    const deadline = this.#endless ? Infinity : sentAt + validityOf(this.#timings.ttlMs)
    const tenure = new Tenure(session.id, deadline, this.#clock)
    this.#tenure = tenure
    this.#link.open = true
    const previous = this.#previous
    this.#events.opened(tenure, session.pulse, previous === undefined ? undefined : { tenure: previous, dataLost })
    if (this.#endless) return
    this.#next = this.#clock.after(this.#timings.renewMs, () => { this.#renew(session, tenure) })
    this.#watchDeadline(tenure)
  }

  async #renew (session: DriverSession, tenure: Tenure): Promise<void> {
    const sentAt = this.#clock.now()
    let again = this.#timings.renewMs
    try {
      const payload = this.#events.takePayload()
      const followed = this.#events.followed()
      const pulse = await this.#link.within(this.#timings.commandTimeoutMs, () => session.renew(payload, followed), true)
      if (this.#tenure !== tenure) return
      // What was not held for a moment may have been acted upon: a lease does not come back.
      if (!tenure.isHeld()) {
        this.#lose('deadline')
        return
      }
      // A late request to open this session may have made it anew in new data: what it held is gone all the same.
      if (generationOf(pulse.revision) !== this.#generation) {
        this.#lose('session-lost')
        return
      }
      tenure.extend(sentAt + validityOf(this.#timings.ttlMs))
      again = Math.max(0, sentAt + this.#timings.renewMs - this.#clock.now())
      this.#events.pulse(pulse, followed)
    } catch (error) {
      if (this.#tenure !== tenure) return
      if (isCoordinatorError(error, 'SESSION_LOST')) {
        this.#lose('session-lost')
        return
      }
      again = this.#timings.retryMs
    }
    this.#next = this.#clock.after(again, () => { this.#renew(session, tenure) })
  }

  #watchDeadline (tenure: Tenure): void {
    const left = tenure.deadline - this.#clock.now()
    if (left <= 0) {
      this.#lose('deadline')
      return
    }
    this.#deadline = this.#clock.after(left, () => { this.#watchDeadline(tenure) })
  }

  #lose (why: 'deadline' | 'session-lost'): void {
    const tenure = this.#tenure
    const session = this.#session
    this.#end()
    if (tenure === undefined || session === undefined) return
    this.#previous = tenure
    this.#events.lost(tenure, why)
    if (why === 'deadline') this.#revoke(session)
    this.start()
  }

  #end (): void {
    this.#next?.cancel()
    this.#deadline?.cancel()
    this.#link.open = false
    this.#session = undefined
    const tenure = this.#tenure
    this.#tenure = undefined
    tenure?.end()
  }

  /** Its own end is certain already; the store is told as a kindness to those who wait. */
  async #revoke (session: DriverSession): Promise<void> {
    await this.#link.within(this.#timings.commandTimeoutMs, () => session.revoke(), true).catch(() => {})
  }
}
