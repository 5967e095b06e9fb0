import { emptyFrame } from '@plimsoll/core/testing'
import t from 'tap'
import { Diagnostician } from '../src/diagnosis/diagnostician.ts'
import { judge } from './diagnosis/judge.ts'
import { makeFaulty, makeHealthy, TUNED_SEED } from './diagnosis/scenarios.ts'

const KINDS = { faults: 21, healthy: 14 }

t.test('every kind of fault is named in time, stays named, and is over when it is over', async t => {
  for (const trace of makeFaulty(TUNED_SEED, KINDS.faults)) {
    const { faults, sentence } = judge(trace)
    t.strictSame(faults, [], `${trace.name}: ${sentence}`)
  }
})

t.test('what looks bad and is not gets no complaint', async t => {
  for (const trace of makeHealthy(TUNED_SEED, KINDS.healthy)) t.strictSame(judge(trace).faults, [], trace.name)
})

t.test('before the first frame nothing is said of the service', async t => {
  const { level, sentence, cause } = new Diagnostician().see([], 0)
  t.strictSame({ level, sentence, cause }, { level: 'ok', sentence: 'nothing is heard of any instance yet', cause: { kind: 'none', name: '', instance: null } })
})

t.test('an idle service is well', async t => {
  const diagnostician = new Diagnostician()
  for (let second = 1; second < 30; second++) {
    const frame = emptyFrame({ sequence: second, at: second * 1000, clock: second * 1000 })
    t.equal(diagnostician.see([{ frame, stale: false }], second * 1000).sentence, 'all is well: no requests')
  }
})
