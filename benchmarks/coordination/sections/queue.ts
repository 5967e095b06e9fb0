import { progress } from '../../overload/progress.ts'
import { judge, percent, ratio, spread } from '../../overload/row.ts'
import type { Row } from '../../overload/row.ts'
import { median, summarize } from '../../overload/statistics.ts'
import { bullmq, BULK, CLAIM, plimsoll, PUSH_LANES } from '../contestants.ts'
import type { Contestant } from '../contestants.ts'
import { serverCpu, withRedis } from '../store.ts'

interface Task {
  readonly what: string
  /** `undefined`: shown. */
  readonly target?: number
  readonly items: number
  readonly run: (contestant: Contestant, items: number) => Promise<void>
  /** What has to be there before, or has to be taken away after. */
  readonly before?: (contestant: Contestant, items: number) => Promise<void>
  readonly after?: (contestant: Contestant, items: number) => Promise<void>
}

const TASKS: readonly Task[] = [
  { what: `push, ${PUSH_LANES} at a time`, target: 3, items: 8_000, run: (c, n) => c.push(n), after: (c, n) => c.consumeMany(n) },
  { what: `bulk push of ${BULK}`, target: 20, items: 20_000, run: (c, n) => c.pushBulk(n), after: (c, n) => c.consumeMany(n) },
  { what: `claim and acknowledge, ${CLAIM} at a time`, target: 10, items: 8_000, before: (c, n) => c.pushBulk(n), run: (c, n) => c.consumeMany(n) },
  { what: `claim and acknowledge one for each request, ${CLAIM} of them at once`, target: 2, items: 8_000, before: (c, n) => c.pushBulk(n), run: (c, n) => c.consumeSingly(n) },
  { what: 'claim and acknowledge, one after the other', target: 2, items: 3_000, before: (c, n) => c.pushBulk(n), run: (c, n) => c.consumeInTurn(n) }
]

interface Trial { readonly rate: number, readonly cpuUs: number }

/** Items a second of wall time, and what each costs the server; the contestants take turns on one redis-server, in the order ABCCBA. */
export async function queueRows (quick: boolean): Promise<Row[]> {
  return await withRedis(async (redis) => {
    const contestants = [await plimsoll(redis, 'plimsoll'), await bullmq(redis), await plimsoll(redis, 'again')]
    const rows: Row[] = []
    for (const task of TASKS) {
      const trials = new Map(contestants.map(({ name }): [string, Trial[]] => [name, []]))
      for (let round = 0; round < (quick ? 1 : 4); round++) {
        progress(`queue: ${task.what}, round ${round + 1}`)
        for (const contestant of round % 2 === 0 ? contestants : [...contestants].reverse()) {
          await task.before?.(contestant, task.items)
          const cpu = await serverCpu(redis)
          const from = performance.now()
          await task.run(contestant, task.items)
          const seconds = (performance.now() - from) / 1_000
          const cpuUs = (await serverCpu(redis) - cpu) * 1e6 / task.items
          trials.get(contestant.name)?.push({ rate: task.items / seconds, cpuUs })
          await task.after?.(contestant, task.items)
        }
      }
      rows.push(rowOf(task, trials))
    }
    for (const contestant of contestants) await contestant.close()
    return rows
  })
}

function rowOf ({ what, target }: Task, trials: ReadonlyMap<string, readonly Trial[]>): Row {
  const rates = (name: string): readonly number[] => (trials.get(name) ?? []).map(({ rate }) => rate)
  const cpu = (name: string): string => `${median((trials.get(name) ?? []).map(({ cpuUs }) => cpuUs)).toFixed(0)} µs of server CPU an item`
  const peer = rates('bullmq')
  const times = rates('plimsoll').map((rate, round) => rate / (peer[round] ?? NaN))
  const again = rates('again').map((rate, round) => rate / (rates('plimsoll')[round] ?? NaN))
  const noise = median(times) * median(again.map((each) => Math.abs(each - 1)))
  const perSecond = (value: number): string => `${(value / 1_000).toFixed(1)} k/s`
  return {
    section: 'queue',
    what,
    figure: `${spread(summarize(times), ratio)}x BullMQ: ${spread(summarize(rates('plimsoll')), perSecond)}, ${cpu('plimsoll')}`,
    peers: { bullmq: `${spread(summarize(peer), perSecond)}, ${cpu('bullmq')}`, 'plimsoll again': `${spread(summarize(again), ratio)}x` },
    target: target === undefined ? '' : `>= ${target}x`,
    noise: percent(noise / median(times)),
    verdict: target === undefined ? 'shown' : judge(median(times), { atLeast: target }, noise),
    values: Object.fromEntries(trials)
  }
}
