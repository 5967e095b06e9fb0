import { judge, percent, ratio, spread } from '../overload/row.ts'
import type { Row } from '../overload/row.ts'
import { median, summarize } from '../overload/statistics.ts'
import { progress } from '../overload/progress.ts'
import { addedRatios, interleave, ratios } from './interleave.ts'
import type { Costs } from './interleave.ts'
import { bare, closed, failingBare, failingWith, open, rejection } from './subjects.ts'
import type { Subject } from './subjects.ts'

const TIMES = 20_000

/** What a call costs that passes a closed circuit. */
export async function closedRows (rounds: number): Promise<Row[]> {
  const subjects = [bare('bare'), ...closed(), bare('bare again')]
  const costs = await measured('closed', subjects, rounds)
  const noise = noiseOf(ratios(costs, 'bare again', 'bare'))
  const row = (what: string, values: readonly number[], target: number, peers: Record<string, string>): Row => ({
    section: 'closed', what, figure: spread(summarize(values), ratio), target: `<= ${ratio(target)}`, noise: percent(noise), peers, verdict: judge(median(values), { atMost: target }, noise), values
  })
  const inNs = nsOf(costs)
  return [
    row('permit form, closed: CPU over that of a bare await fn()', ratios(costs, 'permit form', 'bare'), 1.4, inNs),
    row('execute, closed: CPU added, over that of cockatiel\'s sampling breaker', addedRatios(costs, 'execute', 'cockatiel sampling', 'bare'), 0.40, {}),
    row('execute, closed: CPU added, over that of opossum\'s default', addedRatios(costs, 'execute', 'opossum', 'bare'), 0.07, {}),
    shown('execute with a timeout: CPU added, over that of opossum\'s default (which has one)', addedRatios(costs, 'execute, timeout', 'opossum', 'bare')),
    shown('execute that measures slow calls: CPU added, over that of cockatiel\'s sampling breaker', addedRatios(costs, 'execute, slow calls', 'cockatiel sampling', 'bare'))
  ]
}

/** What a call costs that an open circuit refuses. */
export async function openRows (rounds: number): Promise<Row[]> {
  const subjects = [rejection('prebuilt'), ...await open(), rejection('prebuilt again')]
  const costs = await measured('open', subjects, rounds)
  const noise = noiseOf(ratios(costs, 'prebuilt again', 'prebuilt'))
  const over = ratios(costs, 'execute', 'prebuilt')
  const best = ['cockatiel sampling', 'opossum', 'mollitia count'].reduce((a, b) => median(costs.ns.get(a) ?? []) <= median(costs.ns.get(b) ?? []) ? a : b)
  const overBest = ratios(costs, 'execute', best)
  return [
    { section: 'open', what: 'refusal, open: CPU over that of a prebuilt rejection', figure: spread(summarize(over), ratio), peers: nsOf(costs), target: '<= 1.80', noise: percent(noise), verdict: judge(median(over), { atMost: 1.8 }, noise), values: over },
    { section: 'open', what: `refusal, open: CPU over that of the best peer (${best})`, figure: spread(summarize(overBest), ratio), peers: {}, target: '<= 0.35', noise: percent(noise), verdict: judge(median(overBest), { atMost: 0.35 }, noise), values: overBest }
  ]
}

/** What a call costs that fails, with many calls in the window. */
export async function failingRows (rounds: number): Promise<Row[]> {
  progress('failing: filling windows with 1,000 and with 50,000 calls')
  const few = (await failingWith(1000)).filter(({ name }) => name.startsWith('execute')).map((subject): Subject => ({ ...subject, name: `${subject.name}, 1,000 calls` }))
  const subjects = [failingBare('bare'), ...await failingWith(50_000), ...few, failingBare('bare again')]
  const costs = await measured('failing', subjects, rounds, { opossum: 500, 'mollitia count of 1,000': 50 })
  const noise = noiseOf(ratios(costs, 'bare again', 'bare'))
  const over = ratios(costs, 'execute', 'bare')
  const flat = ratios(costs, 'execute', 'execute, 1,000 calls')
  const flatCount = ratios(costs, 'execute, count window', 'execute, count window, 1,000 calls')
  return [
    { section: 'failing', what: 'a failed call with 50,000 calls in the window: CPU over that of a bare failing call', figure: spread(summarize(over), ratio), peers: nsOf(costs), target: '<= 2.00', noise: percent(noise), verdict: judge(median(over), { atMost: 2 }, noise), values: over },
    { section: 'failing', what: 'the same, over that with 1,000 calls in the window', figure: spread(summarize(flat), ratio), peers: { 'count window': spread(summarize(flatCount), ratio) }, target: '<= 1.10', noise: percent(noise), verdict: judge(Math.max(median(flat), median(flatCount)), { atMost: 1.1 }, noise), values: { flat, flatCount } }
  ]
}

async function measured (section: string, subjects: readonly Subject[], rounds: number, divisors?: Readonly<Record<string, number>>): Promise<Costs> {
  try {
    return await interleave(subjects, { rounds, times: TIMES, ...(divisors !== undefined && { divisors }), round: (round) => { progress(`${section}: round ${round + 1} of ${rounds}`) } })
  } finally {
    for (const { stop } of subjects) stop?.()
  }
}

/** What two of the same differ by, usually: half of the rounds are inside. */
function noiseOf (nulls: readonly number[]): number { return median(nulls.map(each => Math.abs(each - 1))) }

function nsOf ({ ns }: Costs): Record<string, string> {
  return Object.fromEntries([...ns].map(([name, values]) => [name, `${median(values).toFixed(0)} ns`]))
}

function shown (what: string, values: readonly number[]): Row {
  return { section: 'closed', what, figure: spread(summarize(values), ratio), peers: {}, target: '', noise: '', verdict: 'shown', values }
}
