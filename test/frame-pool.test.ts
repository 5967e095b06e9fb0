import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { countIn } from '@plimsoll/core'
import type { ClassTable } from '@plimsoll/core'
import { seededRandom } from '@plimsoll/core/testing'
import { startRedis, skipWithout } from '../tools/services.ts'
import { FaultyProxy } from './faults/coordination/faulty-proxy.ts'
import { bucketsOf, Generator } from './frame-pool/generator.ts'
import { Instance } from './frame-pool/instance.ts'
import type { Report } from './frame-pool/messages.ts'

// Three processes on a real Redis: what the dashboard of one of them knows of the others.

t.setTimeout(300_000)

const PATIENCE_MS = 60_000

/** Asks until `wanted` is true of what the instance says, for as long as a slow and busy machine may need. */
async function until (instance: Instance, what: string, wanted: (report: Report) => boolean): Promise<Report> {
  for (const end = performance.now() + PATIENCE_MS; ;) {
    const report = await instance.report()
    if (wanted(report)) return report
    if (performance.now() > end) throw new Error(`waited ${PATIENCE_MS} ms until ${what}; it says ${JSON.stringify({ ...report, totals: undefined })}`)
    await delay(20)
  }
}

interface Cluster { readonly proxy: FaultyProxy, readonly a: Instance, readonly b: Instance, readonly c: Instance }

/** Three instances, of which `a` looks at all. */
async function watchedCluster (t: Test): Promise<Cluster> {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const proxy = await FaultyProxy.listen(redis.port, seededRandom(1))
  t.teardown(() => proxy.close())
  const url = `redis://127.0.0.1:${proxy.port}`
  const [a, b, c] = await Promise.all([Instance.start('a', url), Instance.start('b', url), Instance.start('c', url)])
  for (const instance of [a, b, c]) t.teardown(() => instance.kill())
  for (const instance of [a, b, c]) await until(instance, 'it is in the cluster', ({ mode }) => mode === 'cluster')
  a.look()
  await until(a, 'all are there', ({ instances }) => instances.join() === 'a,b,c')
  return { proxy, a, b, c }
}

function classesOf ({ totals }: Report, method: string, route: string): ClassTable {
  return totals?.routes.find((one) => one.method === method && one.route === route)?.classes ?? {}
}

/** What has been told of the requests to instance `id`. */
function recorded (report: Report, id: string): { readonly count: number, readonly buckets: readonly number[] } {
  const { count = 0, buckets = [] } = classesOf(report, 'RECORDED', `/${id}`)['2xx'] ?? {}
  return { count, buckets }
}

t.test('merged buckets are those of the generators\' logs; one is killed with -9 in the middle, and Redis goes away and comes back', async (t) => {
  if (await skipWithout(t, 'redis-server')) return
  const { proxy, a, b, c } = await watchedCluster(t)
  const generators = { a: new Generator(a, seededRandom(10)), b: new Generator(b, seededRandom(11)), c: new Generator(c, seededRandom(12)) }
  const everything = (report: Report): number => countIn(classesOf(report, 'GET', '/record/:route/:ms'))

  await until(a, 'there has been traffic everywhere for seconds', (report) => ['a', 'b', 'c'].every((id) => recorded(report, id).count > 200))
  await c.kill()
  await generators.c.stop()
  await until(a, 'the dead one is stale', ({ instances }) => instances.join() === 'a,b,c!')

  await generators.a.stop()
  await generators.b.stop()
  const { a: fromA, b: fromB, c: fromC } = generators
  t.equal(fromA.failed + fromB.failed + fromA.unanswered + fromB.unanswered + fromC.failed, 0, 'nobody else was harmed')
  const answered = fromA.log.length + fromB.log.length
  // Of the dead one, the last request may have been recorded in its last frame, and measured after it.
  const settled = await until(a, 'all figures are there', (report) => recorded(report, 'a').count + recorded(report, 'b').count >= answered && everything(report) >= answered + recorded(report, 'c').count - 1)
  t.same(recorded(settled, 'a'), { count: fromA.log.length, buckets: bucketsOf(fromA.log) })
  t.same(recorded(settled, 'b'), { count: fromB.log.length, buckets: bucketsOf(fromB.log) })
  // Of the dead one all that it had told: the log up to its last second, exactly.
  const dead = recorded(settled, 'c')
  t.ok(dead.count > 200 && dead.count <= fromC.log.length + fromC.unanswered)
  t.same(dead.buckets, bucketsOf(fromC.log.slice(0, dead.count)))
  t.ok([0, 1].includes(answered + dead.count - everything(settled)), 'what the monitor measured is as many')
  t.match(settled.totals, { missed: 0, interrupted: 0 })
  t.comment(`the dead one was told to be stale ${Math.round(settled.staleAfter['c'] ?? NaN)} ms after its last frame`)

  const during = { a: new Generator(a, seededRandom(13)), b: new Generator(b, seededRandom(14)) }
  proxy.set('dropped', 'dropped')
  const alone = await until(a, 'it knows that it is alone', ({ mode, instances }) => mode === 'degraded' && instances[1] === 'b!')
  t.equal(alone.instances[0], 'a')
  await until(b, 'nobody asks any more', ({ sending }) => !sending)
  proxy.open()
  await until(a, 'the others are back', ({ mode, instances }) => mode === 'cluster' && instances.includes('b'))
  await during.a.stop()
  await during.b.stop()
  t.equal(during.a.failed + during.a.unanswered + during.b.failed + during.b.unanswered, 0, 'no request failed')
  const all = [...fromA.log, ...during.a.log]
  const after = await until(a, 'the own figures are there', (report) => recorded(report, 'a').count >= all.length)
  t.same(recorded(after, 'a'), { count: all.length, buckets: bucketsOf(all) }, 'the own view has missed nothing')
  const { missed = 0, interrupted = 0 } = after.totals ?? {}
  t.ok(missed + interrupted > 0, 'and it says that something of the others is missing')
})
