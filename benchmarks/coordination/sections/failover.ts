import { seededRandom } from '@plimsoll/core/testing'
import { monotonicMs } from '../../../test/faults/coordination/monotonic.ts'
import { recordsOf } from '../../../test/faults/coordination/record.ts'
import type { ProcessLog } from '../../../test/faults/coordination/record.ts'
import { Scene } from '../../../test/faults/coordination/scene.ts'
import { TTL_MS } from '../../../test/faults/coordination/scene-timings.ts'
import { progress } from '../../overload/progress.ts'
import { judge, ms } from '../../overload/row.ts'
import type { Row } from '../../overload/row.ts'
import { Lateness } from '../lateness.ts'

const WORKERS = 4
const LEADS_WITHIN_MS = 10_000

interface Killed { readonly process: string, readonly at: number }

/** From the end of a killed leader's lease, and from a resignation, to the next leader, by the processes' own logs. */
export async function failoverRows (quick: boolean): Promise<Row[]> {
  const rounds = quick ? 10 : 100
  const scene = await Scene.open({ workers: WORKERS, random: seededRandom(11), tasks: ['lead'] })
  try {
    const { result: killed, lateness } = await Lateness.during(async () => {
      const kills: Killed[] = []
      for (let round = 0; round < rounds; round++) {
        progress(`failover: kill ${round + 1} of ${rounds}`)
        kills.push(await killLeader(scene))
      }
      for (let round = 0; round < rounds; round++) {
        progress(`failover: resignation ${round + 1} of ${rounds}`)
        await resignLeader(scene)
      }
      return kills
    })
    const logs = await scene.end()
    return [
      row('kill -9 of the leader to the next one, beyond what was left of the lease', afterKills(logs, killed), lateness),
      row('resignation of the leader to the next one', afterResignations(logs), lateness)
    ]
  } finally {
    await scene.close()
  }
}

async function killLeader (scene: Scene): Promise<Killed> {
  await scene.settled(LEADS_WITHIN_MS)
  await scene.wait(TTL_MS * scene.random())
  const { leader } = scene
  if (leader === undefined) return await killLeader(scene)
  const at = monotonicMs()
  await leader.kill()
  await scene.until(() => scene.leader !== undefined, LEADS_WITHIN_MS)
  scene.start(leader.config.id)
  return { process: leader.name, at }
}

async function resignLeader (scene: Scene): Promise<void> {
  await scene.settled(LEADS_WITHIN_MS)
  await scene.wait(100 + 50 * scene.random())
  const { leader } = scene
  leader?.order({ order: 'resign' })
  await scene.until(() => scene.leader !== undefined && scene.leader !== leader, LEADS_WITHIN_MS)
}

interface Span { readonly from: number, readonly to: number }

function afterKills (logs: readonly ProcessLog[], killed: readonly Killed[]): readonly Span[] {
  const elections = recordsOf(logs, 'elected').sort((a, b) => a.at - b.at)
  return killed.flatMap(({ process, at }) => {
    const lease = recordsOf(logs.filter((log) => log.process === process), 'lease').at(-1)
    const next = elections.find((election) => election.at > at && election.process !== process)
    return lease === undefined || next === undefined ? [] : [{ from: Math.max(at, lease.end), to: next.at }]
  })
}

function afterResignations (logs: readonly ProcessLog[]): readonly Span[] {
  const elections = recordsOf(logs, 'elected').sort((a, b) => a.at - b.at)
  return recordsOf(logs, 'resigning').flatMap(({ at }) => {
    const next = elections.find((election) => election.at > at)
    return next === undefined ? [] : [{ from: at, to: next.at }]
  })
}

function row (what: string, spans: readonly Span[], lateness: Lateness): Row {
  const raw = spans.map(({ from, to }) => to - from).sort((a, b) => a - b)
  const beyond = spans.map(({ from, to }) => Math.max(0, to - from - lateness.worst(from, to))).sort((a, b) => a - b)
  return {
    section: 'failover',
    what,
    figure: `P99 ${ms(at(beyond, 0.99))}, P50 ${ms(at(beyond, 0.5))}, max ${ms(at(beyond, 1))} less the control's lateness (n ${beyond.length})`,
    peers: { 'with it': `P99 ${ms(at(raw, 0.99))}, P50 ${ms(at(raw, 0.5))}, max ${ms(at(raw, 1))}` },
    target: 'P99 <= 25 ms',
    noise: '',
    verdict: judge(at(beyond, 0.99), { atMost: 25 }, 0),
    values: { raw, beyond }
  }
}

function at (sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? NaN
}
