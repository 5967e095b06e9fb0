import { fakeClock } from '@plimsoll/core/testing'
import t from 'tap'
import { RequestScopes } from '../core/src/request-scopes.ts'
import { HookScopes } from './fixtures/hook-scope.ts'
import { CELLS, infeasible, nameOf } from './settlement/cells.ts'
import { faultsOf, runMatrix, tableOf } from './settlement/matrix.ts'
import { ShedderGate } from './settlement/shedder-gate.ts'

// Reproduce a run: PLIMSOLL_SEED=<seed> node --conditions=plimsoll:source test/settlement-matrix.test.ts
const seed = Number(process.env['PLIMSOLL_SEED'] ?? Date.now() % 2 ** 31)
const LEASE_MS = 30_000

t.setTimeout(120_000)

t.test('every request of every feasible cell is settled exactly once, with its reason, and its work ends once', async (t) => {
  const clock = fakeClock({ seed })
  const scopes = new RequestScopes({ clock, leaseMs: LEASE_MS })
  const started = performance.now()
  const results = await runMatrix({
    settling: { install: () => {}, of: (req, res) => scopes.of(req, res) },
    random: () => clock.random(),
    requests: 300,
    patience: 5000
  })
  t.equal(scopes.inFlight, 0, 'nothing is in flight')
  t.equal(scopes.openStreams, 0, 'no stream is counted as open')
  const exchanges = results.flatMap((result) => result.exchanges)
  const running = exchanges.filter(({ workDone }) => workDone === 0)
  t.equal(scopes.leased, running.length, 'all work that goes on is leased')
  t.ok(running.length > 0 && running.every(({ mayRunOn }) => mayRunOn), 'and there is no other end to it')
  clock.advance(LEASE_MS)
  t.equal(scopes.leased, 0, 'no lease outlives its time')
  t.equal(clock.pending, 0, 'no timer is left')
  t.strictSame(faultsOf(results).slice(0, 10), [], `no fault; seed ${seed}`)
  t.comment(`Node ${process.version}, seed ${seed}, ${exchanges.length} requests in ${Math.round(performance.now() - started)} ms`)
  t.comment(tableOf(results))
  for (const cell of CELLS) {
    const why = infeasible(cell)
    if (why !== undefined) t.comment(`infeasible: ${nameOf(cell)}: ${why}`)
  }
})

t.test("behind the load-shedder's gate every permit comes back with the settlement, or with the end of its lease", async (t) => {
  const clock = fakeClock({ seed })
  const gate = new ShedderGate(clock)
  const results = await runMatrix({ settling: gate, random: () => clock.random(), requests: 300, patience: 5000 })
  t.equal(gate.queued, 0, 'nobody waits in the gate')
  t.equal(gate.openScopes, 0, 'nothing is in flight')
  const running = results.flatMap((result) => result.exchanges).filter(({ workDone }) => workDone === 0)
  t.equal(gate.inFlight, running.length, 'the gate holds a permit for all work that goes on')
  t.ok(running.every(({ mayRunOn }) => mayRunOn), 'and there is no other end to it')
  clock.advance(LEASE_MS)
  t.equal(gate.inFlight, 0, 'every permit is back')
  t.strictSame(faultsOf(results).slice(0, 10), [], `no fault; seed ${seed}`)
  t.comment(tableOf(results))
})

t.test('the matrix kills a scope that is built on onResponse and onRequestAbort', async (t) => {
  const clock = fakeClock({ seed })
  const results = await runMatrix({ settling: new HookScopes(), random: () => clock.random(), requests: 4, patience: 50 })
  const faults = faultsOf(results)
  t.ok(faults.length > 0, `${faults.length} faults`)
  for (const transport of ['HTTP/1.1', 'pipelined', 'h2c', 'inject']) {
    t.ok(faults.some((fault) => fault.startsWith(transport)), `it fails over ${transport}`)
  }
  t.comment(tableOf(results))
})
