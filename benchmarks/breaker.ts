import { closedRows, failingRows, openRows } from './breaker/calls.ts'
import { httpRows } from './breaker/http.ts'
import { bytesRows, idleRows, sizeRows } from './breaker/memory.ts'
import { recoveryRows } from './breaker/recovery.ts'
import { runSections } from './overload/run-sections.ts'
import type { SectionOptions } from './overload/run-sections.ts'

// npm run bench -- breaker: the circuit breaker beside opossum, cockatiel, mollitia and @fastify/circuit-breaker.

const roundsOf = ({ quick, rounds }: SectionOptions): number => rounds ?? (quick ? 7 : 41)

await runSections('breaker', {
  closed: (options) => closedRows(roundsOf(options)),
  bytes: ({ quick }) => bytesRows(quick ? 1 : 3),
  open: (options) => openRows(roundsOf(options)),
  failing: (options) => failingRows(roundsOf(options)),
  size: () => sizeRows(),
  idle: ({ quick }) => idleRows(quick ? 10 : 60),
  recovery: ({ quick }) => recoveryRows(quick ? 5 : 20),
  http: ({ quick }) => httpRows(quick)
})
// Timers of peers would hold the process for days.
process.exit()
