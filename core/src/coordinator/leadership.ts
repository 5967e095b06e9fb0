import type { Fence } from './fence.ts'
import type { Tenure } from './tenure.ts'

export interface LeadershipPorts {
  readonly fence: Fence
  readonly tenure: Tenure
  /** Asks the store whether the fence is still the highest; rejects with `Unavailable`. */
  readonly verify: () => Promise<boolean>
  /** Tells the store that it is over. */
  readonly giveUp: () => Promise<void>
}

/**
 * A won election. At most one instance holds the highest epoch; two can believe to lead only across a suspended machine
 * or a clock that runs wrong, and then the writes with the older fence are refused.
 */
export class Leadership {
  readonly fence: Fence
  readonly #ports: LeadershipPorts
  readonly #controller = new AbortController()
  readonly #tenureEnded = (): void => { this.end() }
  #over = false

  constructor (ports: LeadershipPorts) {
    this.fence = ports.fence
    this.#ports = ports
    if (ports.tenure.signal.aborted) this.end()
    else ports.tenure.signal.addEventListener('abort', this.#tenureEnded)
  }

  /** Aborted as soon as it is over, before the store lets another one in. */
  get signal (): AbortSignal { return this.#controller.signal }

  /** To be asked before each step that only a leader may take. Synchronous: no I/O, no allocation. May be taken apart from its leadership. */
  readonly isHeld = (): boolean => !this.#over && this.#ports.tenure.isHeld()

  /** Asks the store. @throws Unavailable */
  async verify (): Promise<boolean> {
    return this.isHeld() && await this.#ports.verify() && this.isHeld()
  }

  /** Over here first, then for everybody. */
  async resign (): Promise<void> {
    if (this.#over) return
    this.end()
    await this.#ports.giveUp()
  }

  /** Ends it here only: the tenure is over, or the store has another leader. */
  end (): void {
    if (this.#over) return
    this.#over = true
    this.#ports.tenure.signal.removeEventListener('abort', this.#tenureEnded)
    this.#controller.abort()
  }
}
