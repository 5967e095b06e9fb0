import fc from 'fast-check'
import type { PriorityRank } from '@plimsoll/core'
import t from 'tap'
import { ClassQueue, LOW_SHARE_EVERY } from '../src/class-queue.ts'
import type { Waiting } from '../src/class-queue.ts'

class Item implements Waiting<Item> {
  readonly rank: PriorityRank
  readonly arrivedAt: number
  older: Item | undefined
  newer: Item | undefined
  listed: boolean = false

  constructor (rank: PriorityRank, arrivedAt: number) {
    this.rank = rank
    this.arrivedAt = arrivedAt
  }
}

function filled (...ranks: PriorityRank[]): { queue: ClassQueue<Item>, items: Item[] } {
  const queue = new ClassQueue<Item>()
  const items = ranks.map((rank, index) => new Item(rank, index))
  for (const item of items) queue.push(item)
  return { queue, items }
}

t.test('the most important class is taken first, oldest or newest first inside it, but critical always oldest first', async t => {
  const { queue, items: [batch, normal1, critical, normal2, critical2] } = filled(5, 3, 1, 3, 1)
  t.equal(queue.take(true, 5), critical)
  t.equal(queue.take(true, 5), critical2)
  t.equal(queue.take(true, 5), normal2)
  t.equal(queue.take(false, 5), normal1)
  t.equal(queue.take(false, 5), batch)
  t.equal(queue.take(false, 5), undefined)
  t.equal(queue.size, 0)
})

t.test('classes less important than asked for stay where they are', async t => {
  const { queue } = filled(2, 3)
  t.equal(queue.take(false, 1), undefined)
  t.equal(queue.size, 2)
})

t.test('low and batch get a small share in turn while high and normal never run out', async t => {
  const { queue } = filled()
  const taken: number[] = []
  for (let i = 0; i < LOW_SHARE_EVERY * 4; i++) {
    for (const rank of [3, 4, 5] as const) queue.push(new Item(rank, i))
    taken.push(queue.take(false, 5)?.rank ?? -1)
  }
  t.equal(taken.filter(rank => rank === 4).length, 2)
  t.equal(taken.filter(rank => rank === 5).length, 2)
})

t.test('the small share never comes before system or critical, nor where only critical may start', async t => {
  const { queue } = filled()
  for (let i = 0; i < LOW_SHARE_EVERY * 3; i++) {
    queue.push(new Item(1, i))
    queue.push(new Item(5, i))
    t.equal(queue.take(false, 5)?.rank, 1)
  }
  for (let i = 0; i < LOW_SHARE_EVERY * 3; i++) {
    queue.push(new Item(2, i))
    t.equal(queue.take(false, 2)?.rank, 2)
  }
})

t.test('names whom to give up: the oldest of the least important class, or the oldest of all', async t => {
  const { queue, items: [normal, low1] } = filled(3, 4, 4)
  t.equal(queue.lessImportantThan(3), low1)
  t.equal(queue.lessImportantThan(4), undefined)
  t.equal(queue.oldestOfAll(), normal)
  t.equal(queue.oldest(4), low1)
  t.throws(() => queue.oldest(7 as PriorityRank), { message: 'rank 7 is not a class' })
})

// The same operations on arrays, where everything is obvious.
class Model {
  readonly lists: Item[][] = Array.from({ length: 6 }, () => [])
  get all (): Item[] { return this.lists.flat() }
}

t.test('any history of pushes, removals and takes leaves the queue as a model of six arrays', async () => {
  const rank = fc.integer({ min: 0, max: 5 }) as fc.Arbitrary<PriorityRank>
  const operation = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('push' as const), rank }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), at: fc.nat(1000) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('take' as const), newestFirst: fc.boolean(), leastRank: rank }) }
  )
  fc.assert(fc.property(fc.array(operation, { maxLength: 300 }), operations => {
    const queue = new ClassQueue<Item>()
    const model = new Model()
    let time = 0
    for (const step of operations) {
      if (step.kind === 'push') {
        const item = new Item(step.rank, time++)
        queue.push(item)
        model.lists[step.rank]?.push(item)
      } else if (step.kind === 'remove') {
        const item = model.all[step.at % Math.max(1, model.all.length)]
        if (item === undefined) continue
        queue.remove(item)
        model.lists[item.rank] = model.lists[item.rank]?.filter(other => other !== item) ?? []
      } else {
        const item = queue.take(step.newestFirst, step.leastRank)
        const first = model.lists.findIndex(list => list.length > 0)
        if (item === undefined) {
          if (first !== -1 && first <= step.leastRank) return false
          continue
        }
        const list = model.lists[item.rank] ?? []
        if (item !== (step.newestFirst && first > 1 ? list.at(-1) : list[0]) || item.listed) return false
        // Out of turn only for the small share.
        if (item.rank !== first && (item.rank < 4 || first < 2 || step.leastRank < 5)) return false
        model.lists[item.rank] = list.filter(other => other !== item)
      }
      const same = queue.size === model.all.length && model.lists.every((list, index) =>
        queue.sizes[index] === list.length && queue.oldest(index as PriorityRank) === list[0])
      if (!same) return false
      const oldest = model.all.reduce<Item | undefined>((found, item) => found === undefined || item.arrivedAt < found.arrivedAt ? item : found, undefined)
      if (queue.oldestOfAll() !== oldest) return false
    }
    return true
  }), { numRuns: 300 })
})
