import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { closedRows, failingRows, openRows } from './breaker/calls.ts'
import { httpRows } from './breaker/http.ts'
import { bytesRows, idleRows, sizeRows } from './breaker/memory.ts'
import { recoveryRows } from './breaker/recovery.ts'
import { progress } from './overload/progress.ts'
import type { Row } from './overload/row.ts'
import { printRows, summaryLine } from './overload/table.ts'

// npm run bench -- breaker [--only closed,open] [--rounds N] [--quick] [--json FILE]: the circuit breaker beside opossum, cockatiel,
// mollitia and @fastify/circuit-breaker.

const { values: options } = parseArgs({ options: { only: { type: 'string' }, rounds: { type: 'string' }, quick: { type: 'boolean', default: false }, json: { type: 'string' } } })
const rounds = Number(options.rounds ?? (options.quick ? 7 : 41))
const sections: Readonly<Record<string, () => Promise<Row[]>>> = {
  closed: () => closedRows(rounds),
  bytes: () => bytesRows(options.quick ? 1 : 3),
  open: () => openRows(rounds),
  failing: () => failingRows(rounds),
  size: () => sizeRows(),
  idle: () => idleRows(options.quick ? 10 : 60),
  recovery: () => recoveryRows(options.quick ? 5 : 20),
  http: () => httpRows(options.quick)
}
const names = options.only?.split(',') ?? Object.keys(sections)
const unknown = names.find(name => sections[name] === undefined)
if (unknown !== undefined || !(rounds >= 1)) throw new Error(`--only takes some of ${Object.keys(sections).join(', ')}; --rounds a number above 0`)

const started = performance.now()
const rows: Row[] = []
console.log(`breaker: ${rounds} rounds; Node ${process.version}`)
for (const name of names) {
  const found = await sections[name]?.() ?? []
  progress('')
  if (found.length > 0) printRows(name, found)
  rows.push(...found)
}
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify({ rounds, node: process.version, rows }, undefined, 1))
console.log(`\n${summaryLine('breaker', rows, (performance.now() - started) / 1000)}`)
// Timers of peers would hold the process for days.
process.exit()
