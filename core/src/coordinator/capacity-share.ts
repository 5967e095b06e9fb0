import type { Clock, ClockTimer } from '../clock.ts'
import type { CapacityDriver, ShareGrant } from './capacity-driver.ts'
import type { CapacitySettings } from './capacity-options.ts'
import { InvalidCoordinatorOption } from './errors.ts'
import type { Tenure } from './tenure.ts'

export interface CapacitySharePorts {
  readonly driver: CapacityDriver
  /** Nobody else can see the store, so nobody else is ever granted anything. */
  readonly alone: boolean
  readonly clock: Clock
  readonly retryMs: number
  readonly operationId: () => string
  /** After every change of what was granted, and once when another total rules. */
  readonly changed: (share: CapacityShare, what: 'granted' | 'other-total') => void
}

/**
 * This instance's part of a number of concurrent permits that all instances share. Taking and returning a permit is a
 * local count; the part itself moves to where the demand is.
 */
export class CapacityShare {
  readonly name: string
  readonly #ports: CapacitySharePorts
  readonly #options: CapacitySettings
  /** Permits that need no lease: reserved for good. */
  readonly #base: number
  readonly #stopChange: () => void
  #total: number
  #ruling: number
  #wants: number
  #granted = 0
  #target = 0
  #inUse = 0
  #tenure: Tenure | undefined
  #carriedUntil = 0
  /** Clock milliseconds up to which the lost session's lease lasts. */
  #leaseUntil = 0
  #lease = new AbortController()
  #loss: ClockTimer | undefined
  #again: ClockTimer | undefined
  #syncing = false
  #changedMeanwhile = false
  #closed = false

  constructor (name: string, options: CapacitySettings, ports: CapacitySharePorts) {
    this.name = name
    this.#options = options
    this.#ports = ports
    this.#base = this.#options.isolated === 'floor' ? this.#options.floor : 0
    this.#total = this.#options.total
    this.#ruling = this.#total
    this.#wants = this.#total
    this.#stopChange = ports.driver.onChange(() => { this.#sync() })
  }

  /** Permits this instance may have in use now. */
  get granted (): number { return this.#limit() }

  get inUse (): number { return this.#inUse }

  get wants (): number { return this.#wants }

  /** The total that rules: the lowest of all instances. */
  get total (): number { return this.#ruling }

  /** Aborted when the lease under which permits are taken now is lost; then work that holds one must end within the grace. */
  get signal (): AbortSignal { return this.#lease.signal }

  /** How many permits this instance could use; at first the total, which divides it evenly. */
  want (permits: number): void {
    const wants = wholeNumber('wants', permits)
    if (wants === this.#wants) return
    this.#wants = wants
    this.#sync()
  }

  /** Another total, from now on: a lower one takes effect as permits come back. */
  resize (total: number): void {
    this.#total = wholeNumber('total', total)
    this.#sync()
  }

  /** Synchronous and local: no I/O, no allocation. */
  tryAcquire (): boolean {
    if (this.#inUse >= this.#limit()) return false
    this.#inUse += 1
    return true
  }

  release (): void {
    if (this.#inUse === 0) return
    this.#inUse -= 1
    if (this.#granted > this.#target) this.#sync()
  }

  /** A session was opened. Where the last one was lost with the store's data, its lease lasts on, and is reported. */
  opened (tenure: Tenure, dataLost: boolean): void {
    this.#carriedUntil = dataLost && this.#leaseUntil > this.#ports.clock.now() ? this.#leaseUntil : 0
    if (this.#carriedUntil === 0) {
      this.#loss?.cancel()
      this.#lose()
    }
    this.#tenure = tenure
    if (this.#ports.alone) this.#granted = this.#target = this.#sharedTotal
    this.#sync()
  }

  /** The session is over: no new permits, and the lease lasts until `deadline`. */
  lost (deadline: number): void {
    this.#tenure = undefined
    this.#again?.cancel()
    this.#loss?.cancel()
    // What was carried over and not yet confirmed lasts no longer than the lease that it came from.
    this.#leaseUntil = this.#carriedUntil === 0 ? deadline : this.#carriedUntil
    const left = this.#leaseUntil - this.#ports.clock.now()
    if (left <= 0) this.#lose()
    else this.#loss = this.#ports.clock.after(left, () => { this.#lose() })
    this.#ports.changed(this, 'granted')
  }

  /** Gives the share back. Permits that are still in use are the caller's to wait for. */
  async close (): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#stopChange()
    this.#again?.cancel()
    this.#loss?.cancel()
    const session = this.#tenure?.session
    this.#tenure = undefined
    this.#granted = 0
    // What is in use must not be granted to others: then the line stays until the session's end and the grace.
    if (session !== undefined && this.#inUse <= this.#base) await this.#ports.driver.leave(this.#ports.operationId(), session).catch(() => {})
  }

  #limit (): number {
    if (this.#closed) return 0
    const held = this.#tenure !== undefined && this.#tenure.isHeld() && (this.#carriedUntil === 0 || this.#ports.clock.now() < this.#carriedUntil)
    return held ? this.#base + this.#granted : this.#isolatedLimit()
  }

  /** Of the total, what is not reserved for good. */
  get #sharedTotal (): number { return Math.max(0, this.#total - this.#base * this.#options.maxInstances) }

  /** What it is to be granted even while it wants less. */
  get #floor (): number { return this.#base > 0 ? 0 : this.#options.floor }

  /** Of what is granted, where nothing is in use: the target, and no more than it wants, without waiting to be told. */
  #keeps (): number {
    return Math.min(this.#target, Math.max(this.#wants - this.#base, this.#floor))
  }

  #isolatedLimit (): number {
    return this.#options.isolated === 'local' ? this.#total : this.#base
  }

  #lose (): void {
    this.#carriedUntil = 0
    this.#granted = 0
    if (this.#tenure !== undefined) this.#sync()
    if (this.#options.onLoss === 'overcommit' || this.#inUse <= this.#isolatedLimit()) return
    const lost = this.#lease
    this.#lease = new AbortController()
    lost.abort()
  }

  /** One report at a time; what changes meanwhile leads to one more. */
  #sync (): void {
    if (this.#syncing) this.#changedMeanwhile = true
    else this.#report()
  }

  async #report (): Promise<void> {
    this.#syncing = true
    this.#again?.cancel()
    try {
      do {
        this.#changedMeanwhile = false
        const tenure = this.#tenure
        if (tenure === undefined) return
        // Lowered here first: from now on nobody can take what is given back.
        this.#granted = Math.min(this.#granted, Math.max(this.#keeps(), this.#inUse - this.#base))
        const grant = await this.#ports.driver.report(this.#ports.operationId(), {
          session: tenure.session,
          wants: Math.max(0, this.#wants - this.#base),
          has: this.#granted,
          inUse: this.#inUse,
          total: this.#sharedTotal,
          floor: this.#floor,
          carriedUntil: this.#carriedUntil
        })
        if (this.#tenure !== tenure || grant === undefined) continue
        this.#take(grant)
      } while (this.#changedMeanwhile)
    } catch {
      this.#again = this.#ports.clock.after(this.#ports.retryMs, () => { this.#sync() })
    } finally {
      this.#syncing = false
    }
  }

  #take (grant: ShareGrant): void {
    const before = this.#granted
    // Confirmed in time: the work that runs goes on under the new session.
    if (this.#carriedUntil > this.#ports.clock.now() && grant.granted >= this.#inUse - this.#base) this.#loss?.cancel()
    this.#carriedUntil = 0
    this.#granted = grant.granted
    this.#target = grant.target
    const ruling = grant.total + this.#base * this.#options.maxInstances
    if (ruling !== this.#ruling) {
      this.#ruling = ruling
      if (ruling !== this.#total) this.#ports.changed(this, 'other-total')
    }
    if (grant.granted > grant.target && this.#inUse - this.#base < grant.granted) this.#changedMeanwhile = true
    if (grant.againInMs !== undefined) this.#again = this.#ports.clock.after(grant.againInMs, () => { this.#sync() })
    if (grant.granted !== before) this.#ports.changed(this, 'granted')
  }
}

function wholeNumber (what: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidCoordinatorOption(`capacity.${what}`, value, 'a whole number from 0 is needed')
  return value
}
