import type { Attempt } from './overload-run.ts'

function quantile (values: number[], q: number): number {
  if (values.length === 0) return NaN
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN
}

export function share (attempts: readonly Attempt[], is: (attempt: Attempt) => boolean): number {
  return attempts.length === 0 ? NaN : attempts.filter(is).length / attempts.length
}

export const ok = (attempt: Attempt): boolean => attempt.outcome === 'ok'
export const refused = (attempt: Attempt): boolean => attempt.outcome === 'refused'

export function between (attempts: readonly Attempt[], from: number, to: number): Attempt[] {
  return attempts.filter(attempt => attempt.at >= from && attempt.at < to)
}

/** Successes within the deadline, a second. */
export function goodput (attempts: readonly Attempt[], deadlineMs: number, from: number, to: number): number {
  return between(attempts, from, to).filter(attempt => ok(attempt) && attempt.latencyMs <= deadlineMs).length / (to - from) * 1000
}

export function admittedP99 (attempts: readonly Attempt[]): number {
  return quantile(attempts.filter(ok).map(attempt => attempt.latencyMs), 0.99)
}

export function refusedP99 (attempts: readonly Attempt[]): number {
  return quantile(attempts.filter(refused).map(attempt => attempt.latencyMs), 0.99)
}
