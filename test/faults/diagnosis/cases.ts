import { setTimeout as sleep } from 'node:timers/promises'
import type { Diagnosis } from '../../../plugins/dashboard/src/view/view.ts'
import type { Fleet } from './fleet.ts'

/** Something that is done to a running shop, and what the dashboard has to say then. */
export interface Case {
  readonly name: string
  /** Instances of the shop. */
  readonly instances: 1 | 3
  /** Whether it is one of the eight, or one that nothing in the frames explains. */
  readonly explained: boolean
  /** Any of these; the name of an unknown cause is empty. */
  causes (fleet: Fleet): ReadonlyArray<{ readonly kind: Diagnosis['cause']['kind'], readonly name: string }>
  begin (fleet: Fleet): Promise<void> | void
  end (fleet: Fleet): Promise<void> | void
  /** Seconds until the right cause has to be named. @default 60 */
  readonly within?: number
  /** Nothing can come after it. */
  readonly last?: boolean
}

const UNKNOWN = [{ kind: 'unknown', name: '' }] as const
const PAUSE_MS = 1800
const PAUSE_EVERY_MS = 7000

/** @param random picks variants: which instance is sick and how, whether Redis stands still or is killed */
export function makeCases (random: () => number): readonly Case[] {
  const sick = Math.floor(random() * 3)
  const sickness = random() < 0.5 ? 'latency' : 'errors'
  const redisStands = random() < 0.5
  const pauses = new AbortController()
  return [
    {
      name: 'slow route',
      instances: 1,
      explained: true,
      causes: () => [{ kind: 'route', name: 'GET /search' }],
      begin (fleet) { fleet.turn('slow-route', true) },
      end (fleet) { fleet.turn('slow-route', false) }
    },
    {
      name: 'failing upstream',
      instances: 1,
      explained: true,
      causes: ({ payments }) => [{ kind: 'upstream', name: payments.url }],
      async begin (fleet) { await fleet.turnPayments({ errors: 0.35 }) },
      async end (fleet) { await fleet.turnPayments({ errors: 0 }) }
    },
    {
      name: 'hot loop',
      instances: 1,
      explained: true,
      causes: () => [{ kind: 'route', name: 'GET /recommendations/:id' }],
      begin (fleet) { fleet.turn('hot-loop', true) },
      end (fleet) { fleet.turn('hot-loop', false) }
    },
    {
      name: 'open breaker',
      instances: 1,
      explained: true,
      causes: ({ payments }) => [{ kind: 'upstream', name: payments.url }],
      async begin (fleet) { await fleet.turnPayments({ errors: 1 }) },
      async end (fleet) { await fleet.turnPayments({ errors: 0 }) }
    },
    {
      name: 'abusive client',
      instances: 1,
      explained: true,
      causes: () => [{ kind: 'client', name: 'limit default' }],
      begin (fleet) { fleet.demand({ abuse: 120 }) },
      end (fleet) { fleet.demand({ abuse: 0 }) }
    },
    {
      name: 'a pause of the process (SIGSTOP)',
      instances: 1,
      explained: false,
      causes: () => UNKNOWN,
      begin (fleet) { pauseNowAndThen(fleet, pauses.signal) },
      end () { pauses.abort() }
    },
    {
      name: 'something hidden that every route waits for',
      instances: 1,
      explained: false,
      causes: () => UNKNOWN,
      begin (fleet) { fleet.turn('latency', true) },
      end (fleet) { fleet.turn('latency', false) }
    },
    {
      name: 'a timer that computes',
      instances: 1,
      explained: false,
      causes: () => UNKNOWN,
      begin (fleet) { fleet.turn('stall', true) },
      end (fleet) { fleet.turn('stall', false) }
    },
    {
      name: 'leak',
      instances: 1,
      explained: true,
      causes: () => [{ kind: 'component', name: 'heap' }],
      begin (fleet) { fleet.turn('leak', true) },
      end (fleet) { fleet.turn('leak', false) },
      within: 150,
      last: true
    },
    {
      name: `one sick instance of three (shop-${sick + 1}, ${sickness})`,
      instances: 3,
      explained: true,
      causes: () => [{ kind: 'instance', name: `shop-${sick + 1}` }],
      begin (fleet) { fleet.turn(sickness, true, sick) },
      end (fleet) { fleet.turn(sickness, false, sick) }
    },
    {
      name: `dead Redis (${redisStands ? 'stands still' : 'killed'})`,
      instances: 3,
      explained: true,
      causes: () => [{ kind: 'component', name: 'coordinator' }],
      async begin ({ redis }) {
        if (redisStands) process.kill(redis!.pid, 'SIGSTOP')
        else await redis!.stop()
      },
      end ({ redis }) { if (redisStands) process.kill(redis!.pid, 'SIGCONT') },
      last: !redisStands
    }
  ]
}

/** Stands still again and again, as on a machine that has no time for it. */
async function pauseNowAndThen ({ instances }: Fleet, signal: AbortSignal): Promise<void> {
  const { child } = instances[0]!
  while (!signal.aborted) {
    child.kill('SIGSTOP')
    await sleep(PAUSE_MS)
    child.kill('SIGCONT')
    await sleep(PAUSE_EVERY_MS, undefined, { signal }).catch(() => {})
  }
}
