import { constants, performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import type { HeapSpaceInfo } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { GarbageCollection } from '../../src/vitals/garbage-collection.ts'

const { NODE_PERFORMANCE_GC_MAJOR: MAJOR, NODE_PERFORMANCE_GC_MINOR: MINOR } = constants

function spaces (...used: ReadonlyArray<readonly [name: string, bytes: number]>): HeapSpaceInfo[] {
  return used.map(([name, bytes]) => ({ space_name: name, space_size: bytes, space_used_size: bytes, space_available_size: 0, physical_space_size: bytes }))
}

t.test('share and longest pause are of the window', async (t) => {
  const gc = new GarbageCollection(() => [])
  t.teardown(() => gc.close())
  gc.sample(1000)
  gc.observe({ duration: 30, detail: { kind: MINOR } })
  gc.observe({ duration: 70, detail: { kind: MAJOR } })
  gc.observe({ duration: 0 })
  t.match(gc.sample(1000), { share: 0.1, longestPause: 70, minor: 2, major: 1 })
  t.match(gc.sample(1000), { share: 0, longestPause: 0, minor: 0, major: 0 })
  gc.observe({ duration: 2000, detail: null })
  t.equal(gc.sample(1000).share, 1)
})

t.test('the floor is what old and large-object space hold after a major collection, and stays until the next', async (t) => {
  let now = spaces(['new_space', 1000], ['old_space', 50], ['large_object_space', 7])
  const gc = new GarbageCollection(() => now)
  t.teardown(() => gc.close())
  gc.observe({ duration: 1, detail: { kind: MINOR } })
  t.equal(gc.oldSpaceFloor, undefined)
  gc.observe({ duration: 1, detail: { kind: MAJOR } })
  t.equal(gc.oldSpaceFloor, 57)
  now = spaces(['old_space', 500])
  gc.observe({ duration: 1, detail: { kind: MINOR } })
  t.equal(gc.oldSpaceFloor, 57)
})

t.test('real collections are observed until it is closed', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const gc = new GarbageCollection()
  const deadline = performance.now() + 30_000
  while (gc.oldSpaceFloor === undefined && performance.now() < deadline) {
    collect()
    await setImmediate()
  }
  t.ok((gc.oldSpaceFloor ?? 0) > 1e5)
  t.ok(gc.sample(1000).longestPause > 0)
  gc.close()
  gc.sample(1000)
  collect()
  await setImmediate()
  await setImmediate()
  t.equal(gc.sample(1000).major, 0)
})
