import { ensureCore, OUTCOME_CLASSES } from '@plimsoll/core'
import type { Core, OutcomeClass } from '@plimsoll/core'
import { seededRandom } from '@plimsoll/core/testing'
import monitor from '@plimsoll/monitor'
import t from 'tap'
import { runMatrix } from '../../../test/settlement/matrix.ts'
import type { CellResult } from '../../../test/settlement/matrix.ts'

// Reproduce a run: PLIMSOLL_SEED=<seed> node --conditions=plimsoll:source plugins/monitor/test/settlement.test.ts
const seed = Number(process.env['PLIMSOLL_SEED'] ?? Date.now() % 2 ** 31)
const REQUESTS = 30

t.setTimeout(300_000)

t.test('over every feasible way of ending a request, the sum over the classes is what the clients sent, and none is in flight', async (t) => {
  const cores: Core[] = []
  const results = await runMatrix({
    settling: {
      install (app) {
        app.register(monitor)
        cores.push(ensureCore(app))
      },
      of: (req, res) => cores['stream' in res ? 1 : 0]!.scopeOf(req, res)
    },
    random: seededRandom(seed),
    requests: REQUESTS,
    patience: 30_000
  })
  const sent = results.reduce((sum, { exchanges }) => sum + exchanges.length, 0)
  const counted = countedBy(cores)
  t.equal(Object.values(counted).reduce((sum, count) => sum + count, 0), sent, `of ${sent} requests; seed ${seed}`)
  t.strictSame(counted, expectedOf(results), `class by class; seed ${seed}`)
  for (const core of cores) {
    const { requests: { slots, traffic } } = core.root.monitor
    t.strictSame(Array.from({ length: slots.size }, (_, slot) => traffic.inFlight(slot)).filter((count) => count !== 0), [])
  }
  t.comment(JSON.stringify(counted))
})

function countedBy (cores: readonly Core[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { root: { monitor: { requests: { slots, traffic } } } } of cores) {
    for (let slot = 0; slot < slots.size; slot++) {
      for (const [outcome, name] of OUTCOME_CLASSES.entries()) {
        const count = traffic.recordOf(slot, outcome)?.count ?? 0
        if (count > 0) counts[name] = (counts[name] ?? 0) + count
      }
    }
  }
  return counts
}

/** By what the matrix has seen of each request. */
function expectedOf (results: readonly CellResult[]): Record<string, number> {
  const counts: { [C in OutcomeClass]?: number } = {}
  for (const { cell, exchanges } of results) {
    for (const { settlements: [reason] } of exchanges) {
      const name = reason === 'completed' ? (cell.handler === 'throws' ? '5xx' : '2xx') : reason === 'client-abort' ? 'aborted' : reason
      if (name !== undefined) counts[name] = (counts[name] ?? 0) + 1
    }
  }
  return counts
}
