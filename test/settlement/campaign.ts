import { fakeClock } from '@plimsoll/core/testing'
import type { LoadShedderOptions } from '@plimsoll/load-shedder'
import { RequestScopes } from '../../core/src/request-scopes.ts'
import { HookScopes } from '../fixtures/hook-scope.ts'
import { faultsOf, runMatrix } from './matrix.ts'
import type { CellResult } from './matrix.ts'
import { ShedderGate } from './shedder-gate.ts'

const LEASE_MS = 30_000
/** Far longer than it takes on a busy machine: it is waited for in full only where something is wrong. */
const PATIENCE_MS = 30_000

export interface CampaignOptions {
  readonly seed: number
  /** Requests in each cell, at least. */
  readonly requests: number
}

export interface CampaignResult {
  readonly results: readonly CellResult[]
  readonly requests: number
  readonly violations: readonly string[]
}

/** Every feasible way of ending a request, against core's request scopes. */
export async function settleScopes ({ seed, requests }: CampaignOptions): Promise<CampaignResult> {
  const clock = fakeClock({ seed })
  const scopes = new RequestScopes({ clock, leaseMs: LEASE_MS })
  const results = await runMatrix({ settling: { install: () => {}, of: (req, res) => scopes.of(req, res) }, random: () => clock.random(), requests, patience: PATIENCE_MS })
  const running = workThatGoesOn(results)
  const checks: Checks = [
    ['in flight', scopes.inFlight, 0],
    ['open streams', scopes.openStreams, 0],
    ['leases of work that goes on', scopes.leased, running.length],
    ['work that goes on and has no other end', running.filter(({ mayRunOn }) => mayRunOn).length, running.length],
    ['campaigns with work that goes on', Math.min(1, running.length), 1]
  ]
  clock.advance(LEASE_MS)
  return verdict(results, [...checks, ['leases after their time', scopes.leased, 0], ['timers left', clock.pending, 0]])
}

/** The same behind the load-shedder's gate, where all that comes is queued: permits instead of leases. */
export async function settleBehindGate (options: CampaignOptions): Promise<CampaignResult> {
  return await settleBehind(options, [])
}

/** And where the gate starts at once what comes, as it does while a service is calm. */
export async function settleBehindCalmGate (options: CampaignOptions): Promise<CampaignResult> {
  return await settleBehind(options, ['defer'])
}

async function settleBehind ({ seed, requests }: CampaignOptions, ablate: NonNullable<LoadShedderOptions['ablate']>): Promise<CampaignResult> {
  const clock = fakeClock({ seed })
  const gate = new ShedderGate(clock, ablate)
  const results = await runMatrix({ settling: gate, random: () => clock.random(), requests, patience: PATIENCE_MS })
  const running = workThatGoesOn(results)
  const checks: Checks = [
    ['waiting in the gate', gate.queued, 0],
    ['open scopes', gate.openScopes, 0],
    ['permits of work that goes on', gate.inFlight, running.length],
    ['work that goes on and has no other end', running.filter(({ mayRunOn }) => mayRunOn).length, running.length]
  ]
  clock.advance(LEASE_MS)
  return verdict(results, [...checks, ['permits after the end of their lease', gate.inFlight, 0]])
}

/** The control: a scope that is built on Fastify's hooks, and has to be convicted. */
export async function settleByHooks ({ seed, requests }: CampaignOptions): Promise<CampaignResult> {
  const clock = fakeClock({ seed })
  return verdict(await runMatrix({ settling: new HookScopes(), random: () => clock.random(), requests, patience: 50 }), [])
}

type Checks = readonly (readonly [what: string, found: number, wanted: number])[]

function workThatGoesOn (results: readonly CellResult[]): CellResult['exchanges'] {
  return results.flatMap(({ exchanges }) => exchanges).filter(({ workDone }) => workDone === 0)
}

/** Read after the leases have run out: then all work is over. */
function verdict (results: readonly CellResult[], checks: Checks): CampaignResult {
  const wrong = checks.filter(([, found, wanted]) => found !== wanted).map(([what, found, wanted]) => `${what}: ${found}, not ${wanted}`)
  return {
    results,
    requests: results.reduce((sum, { exchanges }) => sum + exchanges.length, 0),
    violations: [...wrong, ...faultsOf(results)]
  }
}
