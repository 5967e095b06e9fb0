import type { CapacityShare, Coordinator } from '@plimsoll/core'
import type { WorkerConfig } from '../worker-config.ts'
import { ClientClockSemaphore } from '../controls/client-clock-semaphore.ts'

/** Where permits come from. */
export interface PermitSource {
  want (permits: number): void
  /** `undefined`: not now. */
  tryAcquire (): Promise<PermitHold | undefined> | PermitHold | undefined
}

export interface PermitHold {
  /** Aborted when it has to be given back within the grace. */
  readonly signal: AbortSignal
  release (): void
}

/** Longer than any permit is used: only wrong clocks can bring the control down. */
const CONTROL_TTL_MS = 60_000

export function permitSource (coordinator: Coordinator, { conduct, driver, permits, wallAheadMs, id }: WorkerConfig): PermitSource {
  if (conduct.permits === 'shared-capacity') return sharedCapacity(coordinator, 'permits', permits)
  if (driver.kind !== 'redis') throw new Error('the control by client clocks is written for redis')
  return new ClientClockSemaphore({ port: driver.port, permits, ttlMs: CONTROL_TTL_MS, holder: id, now: () => Date.now() + wallAheadMs })
}

export function sharedCapacity (coordinator: Coordinator, name: string, total: number): PermitSource {
  return new ShareSource(coordinator.capacity(name, { total }))
}

class ShareSource implements PermitSource {
  readonly #share: CapacityShare

  constructor (share: CapacityShare) { this.#share = share }

  want (permits: number): void { this.#share.want(permits) }

  tryAcquire (): PermitHold | undefined {
    const share = this.#share
    if (!share.tryAcquire()) return undefined
    return { signal: share.signal, release: () => { share.release() } }
  }
}
