import { longestLease } from '@plimsoll/core'
import type { PermitHold, PermitSource } from './permit-source.ts'
import { sleep } from './work-ports.ts'
import type { WorkPorts } from './work-ports.ts'

const STEP_MS = 5
const TRIES = 4
const DEMAND_MS = 100
/** Of the grace: what the work takes at most to end when it is told to. */
const ENDS_WITHIN = 0.5

export type PermitPorts = Pick<WorkPorts, 'coordinator' | 'log' | 'random' | 'stop'> & {
  readonly source: PermitSource
  readonly total: number
}

/** Takes and returns permits all the time, and wants another number of them ten times a second. */
export class PermitUse {
  readonly #ports: PermitPorts
  #permits = 0

  constructor (ports: PermitPorts) { this.#ports = ports }

  async run (): Promise<void> {
    const { log, random, source, stop, total } = this.#ports
    let demandAt = 0
    let tried = 0
    while (!stop.aborted) {
      if (log.now() >= demandAt) {
        source.want(Math.floor(random() * (total + 2)))
        demandAt = log.now() + DEMAND_MS
        log.add({ kind: 'tried', times: tried, at: log.now() })
        tried = 0
      }
      for (let tries = 0; tries < TRIES; tries++) {
        const hold = await source.tryAcquire()
        if (hold !== undefined) this.#use(hold)
      }
      tried += TRIES
      await sleep(STEP_MS, stop)
    }
  }

  /** Works under a permit for a while; when its lease is lost the work ends well within the grace. */
  #use (hold: PermitHold): void {
    const { coordinator, log, random, stop } = this.#ports
    const permit = this.#permits++
    log.add({ kind: 'taken', permit, at: log.now() })
    const finish = (): void => {
      clearTimeout(timer)
      hold.signal.removeEventListener('abort', abort)
      stop.removeEventListener('abort', finish)
      // Written first: killed between the two, it would seem to have kept what others were given.
      log.addNow({ kind: 'returned', permit, at: log.now() })
      hold.release()
    }
    const abort = (): void => {
      clearTimeout(timer)
      timer = setTimeout(finish, random() * ENDS_WITHIN * coordinator.timings.graceMs)
    }
    const long = random() < 0.05
    let timer = setTimeout(finish, random() * (long ? 1.2 * longestLease(coordinator.timings) : 60))
    hold.signal.addEventListener('abort', abort)
    stop.addEventListener('abort', finish)
  }
}
