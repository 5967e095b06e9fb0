import type { RawRequest } from '@plimsoll/core'
import t from 'tap'
import { ClientCohorts } from '../src/client-cohorts.ts'
import { COHORTS } from '../src/strategy.ts'

function from (remoteAddress: string | undefined): RawRequest {
  const request: unknown = { socket: { remoteAddress } }
  // Only the address is read.
  return request as RawRequest
}

t.test('a client is always of the same cohort, and clients spread over all of them', async t => {
  const cohorts = new ClientCohorts(undefined, 7, () => {})
  const sizes = new Uint32Array(COHORTS)
  let moved = 0
  for (let i = 0; i < COHORTS * 20; i++) {
    const request = from(`10.${i >> 16 & 255}.${i >> 8 & 255}.${i & 255}`)
    const cohort = cohorts.of(request)
    if (cohorts.of(request) !== cohort) moved++
    sizes[cohort] = (sizes[cohort] ?? 0) + 1
  }
  t.equal(moved, 0)
  t.ok(Math.max(...sizes) < 60 && Math.min(...sizes) > 1)
})

t.test('the salt decides which clients share a cohort', async t => {
  const of = (salt: number): number => new ClientCohorts(undefined, salt, () => {}).of(from('10.0.0.1'))
  t.not(of(1), of(2))
})

t.test('the key of the application goes before the address; a long one is hashed in part, in bounded time', async t => {
  const cohorts = new ClientCohorts(() => 'account', 1, () => {})
  t.equal(cohorts.of(from('10.0.0.1')), cohorts.of(from('10.0.0.2')))
  const long = new ClientCohorts(req => 'x'.repeat(1e6) + String(req.socket.remoteAddress), 1, () => {})
  t.equal(long.of(from('a')), long.of(from('b')))
})

t.test('no key, a key of another type, one that throws and no address at all still give a cohort', async t => {
  const errors: unknown[] = []
  const number: unknown = 5
  for (const key of [() => undefined, () => number as string, () => { throw new Error('no') }]) {
    const cohorts = new ClientCohorts(key, 1, error => errors.push(error))
    t.equal(cohorts.of(from('10.0.0.1')), new ClientCohorts(undefined, 1, () => {}).of(from('10.0.0.1')))
    t.ok(cohorts.of(from(undefined)) < COHORTS)
  }
  t.equal(errors.length, 2)
})
