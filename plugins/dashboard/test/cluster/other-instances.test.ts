import t from 'tap'
import { emptyFrame, seededRandom } from '@plimsoll/core/testing'
import type { ReceivedFrame } from '../../src/cluster/frame-receiver.ts'
import { OtherInstances } from '../../src/cluster/other-instances.ts'

function frame (sequence: number, { instance = 'b', life = `${instance}~1`, run = 1, ...more }: Partial<ReceivedFrame> & { readonly instance?: string } = {}): ReceivedFrame {
  return { life, run, thinned: 'nothing', bytes: 1000, frame: emptyFrame({ instance, sequence }), ...more }
}

t.test('in whatever order frames come, each is counted once, and the newest one is shown', async (t) => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = seededRandom(seed)
    const others = new OtherInstances('a')
    const sent = Array.from({ length: 40 }, (_, i) => i + 1)
    // Nearly in order: some are overtaken by up to ten others, some come twice; the first comes first.
    const arriving = sent.flatMap((sequence) => random() < 0.3 ? [sequence, sequence] : [sequence])
      .map((sequence) => ({ sequence, at: sequence === 1 ? 0 : sequence + random() * 10 })).sort((a, b) => a.at - b.at)
    const counted: number[] = []
    for (const { sequence } of arriving) if (others.wants('b~1', sequence) && others.add(frame(sequence), 0)) counted.push(sequence)
    t.same(counted.toSorted((a, b) => a - b), sent, `seed ${seed}`)
    t.equal(others.list(0)[0]?.frame.sequence, 40)
    t.match(others.figures(0), { received: 40, missed: 0, duplicates: arriving.length - 40, interrupted: 0 })
  }
})

t.test('what does not come is counted as missed', async (t) => {
  const others = new OtherInstances('a')
  for (const sequence of [5, 6, 9, 10, 8]) t.ok(others.add(frame(sequence), 0))
  t.match(others.figures(0), { received: 5, missed: 1, late: 1 })
  others.add(frame(1_000_000), 0)
  t.match(others.figures(0), { missed: 1_000_000 - 11 + 1 })
  t.notOk(others.wants('b~1', 7), 'too long ago to be late')
  t.ok(others.wants('b~1', 999_999))
  others.add(frame(1_000_050), 0)
  t.notOk(others.wants('b~1', 999_945), 'no more than sixty are remembered')
  t.ok(others.wants('b~1', 999_999))
})

t.test('a pause of the sender is a hole of unknown size, and not one of so many frames', async (t) => {
  const others = new OtherInstances('a')
  others.add(frame(10, { run: 8 }), 0)
  others.add(frame(30, { run: 29 }), 0)
  t.match(others.figures(0), { missed: 1, interrupted: 1 })
  others.add(frame(29, { run: 29 }), 0)
  t.match(others.figures(0), { missed: 0, interrupted: 1, late: 1 })
  others.add(frame(31, { run: 29 }), 0)
  t.match(others.figures(0), { missed: 0, interrupted: 1 })
})

t.test('a frame that was read twice at a time is counted once', async (t) => {
  const others = new OtherInstances('a')
  others.add(frame(1), 0)
  t.ok(others.wants('b~1', 2))
  t.ok(others.wants('b~1', 2))
  t.ok(others.add(frame(2), 0))
  t.notOk(others.add(frame(2), 0))
  t.match(others.figures(0), { received: 2, duplicates: 1 })
})

t.test('a restarted process takes the place of its predecessor as soon as that is silent', async (t) => {
  const others = new OtherInstances('a')
  others.add(frame(500), 0)
  t.notOk(others.add(frame(1, { life: 'b~2' }), 1_000), 'of two that run at a time the first counts')
  t.equal(others.refused, 1)
  t.ok(others.add(frame(3, { life: 'b~2' }), 2_500))
  t.match(others.list(2_500), [{ frame: { instance: 'b', sequence: 3 }, stale: false }])
  t.equal(others.list(2_500).length, 1)
  t.ok(others.add(frame(4, { life: 'b~2' }), 3_500))
  t.notOk(others.add(frame(501), 3_500))
  t.match(others.figures(3_500), { instances: 1, interrupted: 0 })
})

t.test('nobody may appear as this instance, or as two', async (t) => {
  const others = new OtherInstances('a')
  t.notOk(others.add(frame(1, { instance: 'a', life: 'forged' }), 0))
  t.ok(others.add(frame(1, { instance: 'b', life: 'one' }), 0))
  t.notOk(others.add(frame(2, { instance: 'c', life: 'one' }), 0))
  t.equal(others.refused, 2)
  t.same(others.list(0).map(({ frame }) => frame.instance), ['b'])
})

t.test('at most 100 instances and 32 MiB are held; what is more is refused and counted', async (t) => {
  const others = new OtherInstances('a')
  for (let i = 0; i < 150; i++) others.add(frame(1, { instance: `i${i}` }), 0)
  t.equal(others.list(0).length, 100)
  t.equal(others.refused, 50)

  const large = new OtherInstances('a')
  const bytes = 4 * 1024 * 1024
  for (let i = 0; i < 12; i++) large.add(frame(1, { instance: `i${i}`, bytes }), 0)
  t.equal(large.list(0).length, 8)
  t.ok(large.add(frame(2, { instance: 'i0', bytes }), 0), 'one that is held may have its next')
  t.ok(large.add(frame(3, { instance: 'i0', bytes: bytes - 1000 }), 0))
  t.notOk(large.add(frame(4, { instance: 'i0', bytes: bytes + 1 }), 0))
  t.ok(large.add(frame(1, { instance: 'small' }), 0))
  t.equal(large.refused, 5)
  large.remove('i1~1')
  t.ok(large.add(frame(1, { instance: 'i8', bytes }), 0), 'one that left makes room')
})

t.test('of those that departed two hundred are remembered', async (t) => {
  const others = new OtherInstances('a')
  for (let i = 0; i < 300; i++) others.remove(`life-${i}`)
  t.notOk(others.add(frame(1, { instance: 'x', life: 'life-299' }), 0))
  t.ok(others.add(frame(1, { instance: 'y', life: 'life-0' }), 0))
})

t.test('a frame without its traffic makes totals incomplete', async (t) => {
  const others = new OtherInstances('a')
  others.add(frame(1, { thinned: 'details' }), 0)
  others.add(frame(2, { thinned: 'traffic' }), 0)
  t.match(others.figures(0), { received: 2, thinned: 2, missed: 1 })
})
