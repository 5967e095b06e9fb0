import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { progress } from './overload/progress.ts'
import { printRows, summaryLine } from './overload/table.ts'
import { requestCostRows } from './rate-limiter/request-cost.ts'
import { attackRows, memoryRows, operationRows } from './rate-limiter/store-cost.ts'

// npm run bench -- rate-limiter: what a limit costs a request, what its store costs an operation and a key, and what it withstands;
// beside @fastify/rate-limit, rate-limiter-flexible and express-rate-limit.

const { values: options } = parseArgs({ options: { rounds: { type: 'string' }, quick: { type: 'boolean', default: false }, json: { type: 'string' } } })
const rounds = Number(options.rounds ?? (options.quick ? 5 : 30))
const started = performance.now()
const rows = [...await requestCostRows(rounds), ...await operationRows(rounds), ...await memoryRows(), ...await attackRows()]
progress('')
printRows('rate-limiter', rows)
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(rows, undefined, 1))
console.log(`\n${summaryLine('rate-limiter', rows, (performance.now() - started) / 1000)}`)
// The peers' timers, one a key.
process.exit()
