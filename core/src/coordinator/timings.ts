import { InvalidCoordinatorOption } from './errors.ts'

/** All in milliseconds. */
export interface CoordinatorTimings {
  /**
   * How long what an instance holds outlives its last renewal.
   * @default 10_000
   */
  readonly ttlMs: number
  /**
   * Between renewals.
   * @default ttlMs / 3
   */
  readonly renewMs: number
  /**
   * Before a failed renewal is repeated.
   * @default ttlMs / 10
   */
  readonly retryMs: number
  /**
   * After which a command without an answer counts as lost.
   * @default ttlMs / 3, at most 2,000
   */
  readonly commandTimeoutMs: number
  /**
   * What holders of capacity have to give permits back after their lease has run out.
   * @default ttlMs / 2
   */
  readonly graceMs: number
  /**
   * How long `connect()` waits for the backend before the application goes on without it.
   * @default 1_000
   */
  readonly connectTimeoutMs: number
  /**
   * Between attempts to reach a backend that is away.
   * @default 500, at most ttlMs / 6
   */
  readonly reconnectMs: number
  /**
   * Between two looks of a waiting claim where the backend cannot tell when there will be something.
   * @default ttlMs / 3
   */
  readonly syncMs: number
}

/** Clocks of two machines may differ in rate: the holder gives up 5 % and 10 ms before the store does. */
export function validityOf (ttlMs: number): number {
  return ttlMs * 0.95 - 10
}

/** How long somebody may hold what a store that has lost its data no longer knows of. */
export function longestLease (timings: CoordinatorTimings): number {
  return timings.ttlMs + timings.graceMs
}

/**
 * Fills the defaults in and refuses combinations that cannot work.
 * @throws InvalidCoordinatorOption with the figures
 */
export function resolveTimings (given: { readonly [K in keyof CoordinatorTimings]?: number | undefined } = {}, minTtlMs = 1): CoordinatorTimings {
  const ttlMs = given.ttlMs ?? Math.max(10_000, minTtlMs)
  const timings: CoordinatorTimings = {
    ttlMs,
    renewMs: given.renewMs ?? ttlMs / 3,
    retryMs: given.retryMs ?? ttlMs / 10,
    commandTimeoutMs: given.commandTimeoutMs ?? Math.min(ttlMs / 3, 2_000),
    graceMs: given.graceMs ?? ttlMs / 2,
    connectTimeoutMs: given.connectTimeoutMs ?? 1_000,
    reconnectMs: given.reconnectMs ?? Math.min(500, ttlMs / 6),
    syncMs: given.syncMs ?? ttlMs / 3
  }
  for (const [name, value] of Object.entries(timings)) {
    if (!Number.isFinite(value) || value <= 0) throw new InvalidCoordinatorOption(`timings.${name}`, value, 'a number of milliseconds above 0 is needed')
  }
  if (ttlMs < minTtlMs) throw new InvalidCoordinatorOption('timings.ttlMs', ttlMs, `the backend honours no ttl below ${minTtlMs} ms`)
  const needed = timings.renewMs + timings.commandTimeoutMs + 1.2 * timings.retryMs
  const validity = validityOf(ttlMs)
  if (needed > validity) {
    throw new InvalidCoordinatorOption('timings.ttlMs', ttlMs, `a lease is good for ${round(validity)} ms (95 % of the ttl, less 10 ms), but renewMs ${round(timings.renewMs)} + commandTimeoutMs ${round(timings.commandTimeoutMs)} + 1.2 x retryMs ${round(timings.retryMs)} = ${round(needed)} ms leave no time to repeat one lost renewal`)
  }
  if (timings.reconnectMs > ttlMs / 2) throw new InvalidCoordinatorOption('timings.reconnectMs', timings.reconnectMs, `at most half of ttlMs ${ttlMs} lets an instance come back before others have given it up`)
  return Object.freeze(timings)
}

function round (ms: number): number {
  return Math.round(ms * 10) / 10
}
