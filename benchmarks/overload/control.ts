import { performance } from 'node:perf_hooks'

// A process that does nothing but look at the clock, on the server's core. What stalls it stalls any process there: what the
// server refuses around such a moment says nothing about the server.

const TICK_MS = 5
const STALL_MS = 20

export interface Stall {
  /** In ms since the epoch. */
  readonly from: number
  readonly to: number
}

const stalls: Stall[] = []
let last = now()

setInterval(() => {
  const current = now()
  if (current - last > STALL_MS + TICK_MS) stalls.push({ from: last, to: current })
  last = current
}, TICK_MS)

process.on('message', () => process.send?.(stalls, () => process.exit()))
process.on('disconnect', () => process.exit())
process.on('SIGINT', () => {})

function now (): number {
  return performance.timeOrigin + performance.now()
}
