import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { availableParallelism } from 'node:os'
import { fileOf } from '../../../plugins/alerts/test/traces/recording.ts'
import type { RecordedSet } from '../../../plugins/alerts/test/traces/recording.ts'
import { HELD_OUT_SEED, TUNED_SEED } from '../../../plugins/alerts/test/traces/scenarios.ts'
import { makePlans } from './make-plans.ts'
import type { Plan } from './plan.ts'
import { RecordingSession } from './recording-session.ts'
import { predictedSeconds, Schedule } from './schedule.ts'
import type { Limits } from './schedule.ts'

export interface RecordPlansOptions {
  /** Half of them are held out. */
  readonly count: number
  readonly atOnce: number
  readonly dryRun: boolean
  /** Of those to tune on. @default 1 */
  readonly seed?: number
  /** Hash of a commit. @default the one in which the rules' thresholds were frozen */
  readonly frozen?: string
  /** @default all */
  readonly kinds?: readonly string[]
}

/** Share of the machine's processors that plans may keep busy: what is left is for starts, for what burns, and for chance. */
const BUSY_SHARE = 0.7
/** Of a start and an end, by which a trace takes longer than its plan. */
const AROUND_S = 4

interface Order {
  readonly plan: Plan
  readonly set: RecordedSet
  readonly file: string
}

/** Records what is not there yet; a trace that fails is told of and left out. */
export async function recordPlans (options: RecordPlansOptions): Promise<boolean> {
  const orders = new Map(ordersOf(options).map(order => [order.plan, order]))
  const limits: Limits = { atOnce: options.atOnce, cpu: BUSY_SHARE * availableParallelism(), burning: 4, betweenStarts: 2 }
  const plans = [...orders.keys()]
  console.log(`${plans.length} traces to record, ${limits.atOnce} at once: about ${Math.ceil(predictedSeconds(plans, limits, AROUND_S) / 60)} minutes`)
  if (options.dryRun) {
    for (const { plan, set } of orders.values()) console.log(`${set} ${plan.name}: ${plan.seconds} s${plan.fires === undefined ? '' : `, ${plan.fires.rule} within ${plan.fires.within} s`}${plan.may.length === 0 ? '' : `, may ${plan.may.join(', ')}`}`)
    return true
  }
  return await recordAll(orders, new Schedule(plans, limits))
}

async function recordAll (orders: ReadonlyMap<Plan, Order>, schedule: Schedule): Promise<boolean> {
  const session = new RecordingSession()
  if (!session.realTime) console.log('without real-time priority: what else this machine does is recorded as well')
  const failed: string[] = []
  const began = performance.now()
  const seconds = (): number => (performance.now() - began) / 1000
  for (; !schedule.done; await delay(250)) {
    const plan = schedule.next(seconds())
    const order = plan && orders.get(plan)
    if (order !== undefined) record(order).catch(() => {})
  }
  session.close()
  console.log(`${orders.size - failed.length} traces recorded in ${Math.round(seconds() / 60)} minutes${failed.length === 0 ? '' : `; failed, to be tried again by the same command: ${failed.join(', ')}`}`)
  return failed.length === 0

  async function record ({ plan, set, file }: Order): Promise<void> {
    try {
      const { frames, bytes } = await session.record(plan, file)
      say(`${set} ${plan.name}: ${frames} frames, ${(bytes / 1024).toFixed(1)} KiB`)
    } catch (error) {
      failed.push(`${set} ${plan.name}`)
      say(`${set} ${plan.name} FAILED: ${String(error)}`)
    } finally {
      schedule.ended(plan)
    }
  }

  function say (text: string): void {
    console.log(`${(seconds() / 60).toFixed(1).padStart(5)} min  ${text}  (${schedule.running - 1} run, ${schedule.waiting} wait)`)
  }
}

function ordersOf ({ count, seed = TUNED_SEED, frozen, kinds }: RecordPlansOptions): Order[] {
  const heldOut = frozen === undefined ? HELD_OUT_SEED : seedOf(frozen)
  const half = Math.ceil(count / 2)
  return ([['tuned', seed, half], ['held-out', heldOut, count - half]] as const)
    .flatMap(([set, seed, count]) => makePlans(seed, count).map(plan => ({ plan, set, file: fileURLToPath(fileOf(plan.name, set)) })))
    .filter(({ plan, file }) => (kinds === undefined || kinds.includes(plan.kind)) && !existsSync(file))
}

/** The first 32 bits of a commit's hash: nobody could know them before it was made. */
function seedOf (commit: string): number {
  if (!/^[0-9a-f]{8,40}$/.test(commit)) throw new Error(`--frozen takes the hash of a commit, not ${commit}`)
  return parseInt(commit.slice(0, 8), 16)
}
