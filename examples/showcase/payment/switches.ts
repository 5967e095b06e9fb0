/** How the payment provider behaves. Shares are of its requests, 0 to 1, and are tried in this order. */
export interface Switches {
  /** Before each answer, in milliseconds. */
  readonly latencyMs: number
  /** Answered with 500. */
  readonly errors: number
  /** Never answered. */
  readonly hangs: number
  /** Broken off in the middle of the answer's body. */
  readonly resets: number
}

export const STEADY: Switches = { latencyMs: 20, errors: 0, hangs: 0, resets: 0 }

/** A bad day, in order: seconds at scale 1, and what happens meanwhile. */
export const FLAKY: ReadonlyArray<{ readonly seconds: number, readonly switches: Switches }> = [
  { seconds: 6, switches: STEADY },
  { seconds: 6, switches: { ...STEADY, errors: 0.7 } },
  { seconds: 6, switches: STEADY },
  { seconds: 6, switches: { ...STEADY, hangs: 1 } },
  { seconds: 6, switches: STEADY },
  { seconds: 6, switches: { ...STEADY, resets: 1 } },
  { seconds: 6, switches: STEADY },
  { seconds: 6, switches: { ...STEADY, latencyMs: 600 } }
]

const MOST_LATENCY_MS = 60_000

/** `switches` with what was given in `change`; `undefined` where that is no change of switches. */
export function changed (switches: Switches, change: unknown): Switches | undefined {
  if (typeof change !== 'object' || change === null) return undefined
  const entries = Object.entries(change)
  const fits = entries.every(([name, value]) => name in STEADY && typeof value === 'number' && value >= 0 && value <= (name === 'latencyMs' ? MOST_LATENCY_MS : 1))
  return fits ? { ...switches, ...Object.fromEntries(entries) } : undefined
}
