import type { Answer } from './traffic.ts'

export interface Limit {
  readonly limit: number
  readonly windowMs: number
  readonly instances: number
}

/** What an instance may be ahead of the store: half of its part of the burst. */
function batchOf ({ limit, instances }: Limit): number { return Math.ceil(limit / instances / 2) }

/**
 * The most that was let through of a client above burst and rate, from its first request to any later one: in batches of one
 * instance. At most as many as there are instances.
 */
export function overshoot (answers: readonly Answer[], client: string, limit: Limit): number {
  const admitted = answers.filter(answer => answer.client === client && answer.status === 200).sort((a, b) => a.sentAt - b.sentAt)
  const begun = admitted[0]?.sentAt ?? 0
  const worst = Math.max(0, ...admitted.map(({ sentAt, ms }, i) => i + 1 - limit.limit - (sentAt + ms - begun) * limit.limit / limit.windowMs))
  return worst / batchOf(limit)
}

/** Answers that are neither a success nor a refusal. */
export function failed (answers: readonly Answer[]): readonly Answer[] { return answers.filter(({ status }) => status !== 200 && status !== 429) }

export function refused (answers: readonly Answer[], client: string): number { return answers.filter(answer => answer.client === client && answer.status === 429).length }

export function quantile (values: readonly number[], at: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))] ?? NaN
}
