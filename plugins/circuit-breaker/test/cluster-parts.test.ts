import t from 'tap'
import { CLAIM_TTL_MS, ClusterClaims, DISTRUST_MS, MAX_PEERS } from '../src/cluster-claims.ts'
import { decodeMessage, encodeMessage, MAX_CLAIMS } from '../src/cluster-message.ts'
import { opensFor } from '../src/cluster-policy.ts'

const anybody = (): boolean => true
const unknown = { calls: 0, failureRate: 0, minimumNumberOfCalls: 20, failureRateThreshold: 0.5 } as const

t.test('a message comes back as it was; what has no room is left out', async t => {
  const message = { from: 'shop-1', open: ['http://bank', 'GET /pay/:id', 'zahlungen-\u00e4\u{1f6a2}'] }
  t.strictSame(decodeMessage(encodeMessage(message)), message)
  const many = Array.from({ length: 500 }, (_, i) => `circuit-${i}`)
  t.strictSame(decodeMessage(encodeMessage({ from: 'shop-1', open: many }))?.open, many.slice(0, MAX_CLAIMS))
  const wide = Array.from({ length: 100 }, (_, i) => `${'\u{1f6a2}'.repeat(100)}-${i}`)
  const encoded = encodeMessage({ from: 'shop-1', open: wide })
  t.ok(encoded.length <= 16_384)
  t.ok((decodeMessage(encoded)?.open.length ?? 0) > 20)
})

t.test('anything else is no message', async t => {
  for (const text of [
    '', 'null', '5', '[]', '{"v":1', '{"v":2,"from":"a","open":[]}', '{"v":1,"open":[]}', '{"v":1,"from":5,"open":[]}', '{"v":1,"from":"","open":[]}', '{"v":1,"from":"a"}',
    '{"v":1,"from":"a","open":"b"}', '{"v":1,"from":"a","open":[5]}', '{"v":1,"from":"a","open":[""]}', `{"v":1,"from":"a","open":["${'x'.repeat(257)}"]}`,
    `{"v":1,"from":"${'x'.repeat(201)}","open":[]}`, JSON.stringify({ v: 1, from: 'a', open: Array.from({ length: 101 }, () => 'x') }), JSON.stringify({ v: 1, from: 'a', open: [], more: 'x'.repeat(20_000) })
  ]) t.equal(decodeMessage(Buffer.from(text)), undefined, text.slice(0, 40))
})

t.test('a quorum is more than half of all instances; one liar among three is none', async t => {
  const quorum = (instances: number, claims: number): boolean => opensFor('quorum', { ...unknown, instances, claims })
  t.strictSame([quorum(1, 0), quorum(2, 1), quorum(3, 1), quorum(4, 2), quorum(5, 2)], [false, false, false, false, false])
  t.strictSame([quorum(3, 2), quorum(4, 3), quorum(5, 3)], [true, true, true])
})

t.test('any: one instance is enough, unless the own calls of this one are well', async t => {
  const any = (claims: number, calls: number, failureRate: number): boolean => opensFor('any', { ...unknown, instances: 5, claims, calls, failureRate })
  t.strictSame([any(0, 0, 0), any(1, 0, 0), any(1, 19, 0)], [false, true, true])
  t.strictSame([any(1, 20, 0), any(4, 20, 0.24), any(1, 20, 0.25)], [false, false, true])
  t.equal(opensFor('observe', { ...unknown, instances: 3, claims: 3 }), false)
  t.equal(opensFor('off', { ...unknown, instances: 3, claims: 3 }), false)
})

t.test('what a peer says is forgotten when it falls silent, or says otherwise', async t => {
  const claims = new ClusterClaims()
  claims.hear({ from: 'a', open: ['bank', 'stock'] }, 0)
  claims.hear({ from: 'b', open: ['bank'] }, 1_000)
  t.strictSame([...claims.counts(1_000)], [['bank', 2], ['stock', 1]])
  claims.hear({ from: 'a', open: ['stock'] }, 2_000)
  t.equal(claims.believed('bank', 2_000, anybody), 1)
  t.equal(claims.believed('bank', 2_000, from => from !== 'b'), 0, 'only an instance of the registry has a voice')
  t.equal(claims.believed('bank', 1_000 + CLAIM_TTL_MS, anybody), 1)
  t.equal(claims.believed('bank', 1_001 + CLAIM_TTL_MS, anybody), 0)
  t.strictSame([...claims.counts(2_001 + CLAIM_TTL_MS)], [])
})

t.test('a peer whose word was disproved is not believed about that circuit for a while', async t => {
  const claims = new ClusterClaims()
  claims.hear({ from: 'liar', open: ['bank', 'stock'] }, 0)
  claims.hear({ from: 'other', open: [] }, 0)
  claims.disprove('bank', 0)
  const believed = (name: string, now: number): number => {
    claims.hear({ from: 'liar', open: ['bank', 'stock'] }, now)
    return claims.believed(name, now, anybody)
  }
  t.equal(believed('bank', 0), 0)
  t.equal(believed('stock', 0), 1)
  t.equal(believed('bank', DISTRUST_MS - 1), 0, 'saying it again does not help')
  t.equal(believed('bank', DISTRUST_MS), 1)
})

t.test('peers, and what is held against each, are bounded', async t => {
  const claims = new ClusterClaims()
  for (let i = 0; i < MAX_PEERS; i++) t.equal(claims.hear({ from: `peer-${i}`, open: ['bank'] }, 0), true)
  t.equal(claims.hear({ from: 'one-more', open: ['bank'] }, 0), false)
  t.equal(claims.hear({ from: 'peer-0', open: [] }, 0), true, 'one that is known is still heard')
  t.equal(claims.counts(0).get('bank'), MAX_PEERS - 1)
  t.equal(claims.hear({ from: 'one-more', open: ['bank'] }, CLAIM_TTL_MS + 1), true, 'those that fell silent make room')
  const held = new ClusterClaims()
  for (let i = 0; i <= 100; i++) {
    held.hear({ from: 'liar', open: [`circuit-${i}`] }, 0)
    held.disprove(`circuit-${i}`, 0)
  }
  held.hear({ from: 'liar', open: ['circuit-0', 'circuit-1'] }, 0)
  t.equal(held.believed('circuit-0', 0, anybody), 1, 'the oldest is forgiven')
  t.equal(held.believed('circuit-1', 0, anybody), 0)
})
