import t from 'tap'
import { settleBehindCalmGate, settleBehindGate, settleByHooks, settleScopes } from './settlement/campaign.ts'
import { CELLS, infeasible, nameOf } from './settlement/cells.ts'
import { tableOf } from './settlement/matrix.ts'

// Reproduce a run: PLIMSOLL_SEED=<seed> node --conditions=plimsoll:source test/settlement-matrix.test.ts
const seed = Number(process.env['PLIMSOLL_SEED'] ?? Date.now() % 2 ** 31)
/** In each cell, at once; `npm run faults -- settlement` makes three hundred, and with --long three thousand. */
const REQUESTS = 50

t.setTimeout(300_000)

t.test('every request of every feasible cell is settled exactly once, with its reason, and its work ends once', async (t) => {
  const { results, requests, violations } = await settleScopes({ seed, requests: REQUESTS })
  t.strictSame(violations.slice(0, 10), [], `no fault; seed ${seed}`)
  t.ok(results.every(({ exchanges }) => exchanges.length >= REQUESTS))
  t.comment(`Node ${process.version}, seed ${seed}, ${requests} requests`)
  t.comment(tableOf(results))
  for (const cell of CELLS) {
    const why = infeasible(cell)
    if (why !== undefined) t.comment(`infeasible: ${nameOf(cell)}: ${why}`)
  }
})

t.test("behind the load-shedder's gate every permit comes back with the settlement, or with the end of its lease", async (t) => {
  const { results, violations } = await settleBehindGate({ seed, requests: REQUESTS })
  t.strictSame(violations.slice(0, 10), [], `no fault; seed ${seed}`)
  t.comment(tableOf(results))
})

t.test('and so it does where the gate starts at once what comes', async (t) => {
  const { results, violations } = await settleBehindCalmGate({ seed, requests: REQUESTS })
  t.strictSame(violations.slice(0, 10), [], `no fault; seed ${seed}`)
  t.comment(tableOf(results))
})

t.test('the matrix kills a scope that is built on onResponse and onRequestAbort', async (t) => {
  const { results, violations } = await settleByHooks({ seed, requests: 4 })
  t.ok(violations.length > 0, `${violations.length} faults`)
  for (const transport of ['HTTP/1.1', 'pipelined', 'h2c', 'inject']) {
    t.ok(violations.some((fault) => fault.startsWith(transport)), `it fails over ${transport}`)
  }
  t.comment(tableOf(results))
})
