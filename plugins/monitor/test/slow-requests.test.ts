import type { SlowRequest } from '@plimsoll/core'
import { seededRandom } from '@plimsoll/core/testing'
import t from 'tap'
import { MAX_SLOW_REQUESTS, SlowRequests } from '../src/slow-requests.ts'

const request = (ms: number): SlowRequest => ({ at: 0, method: 'GET', route: '/', outcome: '2xx', status: 200, ms, requestId: '', traceId: '' })

t.test('the ten slowest are kept, slowest first, however many come', async (t) => {
  const slow = new SlowRequests({ sampleRate: 1, random: () => 0.99 })
  const random = seededRandom(3)
  const all = Array.from({ length: 10_000 }, () => random() * 1000)
  for (const ms of all) if (slow.wants(ms)) slow.keep(request(ms))
  t.strictSame(slow.kept.map(({ ms }) => ms), all.toSorted((a, b) => b - a).slice(0, MAX_SLOW_REQUESTS))
  t.equal(slow.take().length, MAX_SLOW_REQUESTS)
  t.strictSame(slow.kept, [])
  t.ok(slow.wants(0.001), 'after a look anything is slow again')
})

t.test('the sample rate is a share of those that would be kept', async (t) => {
  const wanted = (sampleRate: number): number => {
    const slow = new SlowRequests({ sampleRate, random: seededRandom(5) })
    return Array.from({ length: 1000 }, (_, i) => slow.wants(i + 1)).filter(Boolean).length
  }
  t.equal(wanted(0), 0)
  t.equal(wanted(1), 1000)
  t.ok(Math.abs(wanted(0.3) - 300) < 60)
})
