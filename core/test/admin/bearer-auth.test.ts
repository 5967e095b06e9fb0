import type { FastifyRequest } from 'fastify'
import t from 'tap'
import { bearerAuth } from '../../src/admin/bearer-auth.ts'
import type { BearerToken } from '../../src/admin/bearer-auth.ts'

const ann: BearerToken = { token: 'a-token-of-ann-0123456789', user: 'ann', role: 'operator' }
const bob: BearerToken = { token: 'a-token-of-bob-0123456789', user: 'bob', role: 'viewer' }

function request (authorization?: string): FastifyRequest {
  const headers: { authorization?: string } = authorization === undefined ? {} : { authorization }
  return Object.assign(Object.create(null), { headers })
}

t.test('a known token is its user, anything else a stranger', async (t) => {
  const auth = bearerAuth({ tokens: [ann, bob] })
  t.strictSame(auth(request(`Bearer ${ann.token}`)), { user: 'ann', role: 'operator' })
  t.strictSame(auth(request(`bearer  ${bob.token}`)), { user: 'bob', role: 'viewer' })
  for (const wrong of [undefined, '', 'Bearer', 'Bearer ', ann.token, `Basic ${ann.token}`, `Bearer ${ann.token}x`, `Bearer ${ann.token.slice(1)}`, `Bearer ${ann.token} x`, `Bearer ${'x'.repeat(1e6)}`]) {
    t.equal(auth(request(wrong)), undefined, String(wrong).slice(0, 40))
  }
})

t.test('bad tokens are refused at register without showing them', async (t) => {
  const wrong = (token: object): unknown => t.throws(() => bearerAuth({ tokens: [{ ...ann, ...token }] }), { code: 'PLM_CORE_INVALID_OPTION' })
  wrong({ token: 'short' })
  wrong({ token: 3 })
  wrong({ user: '' })
  wrong({ user: 1 })
  wrong({ role: 'admin' })
  t.throws(() => bearerAuth({ tokens: [{ ...ann, token: 'hush-hush' }] }), { message: /^(?!.*hush).*16 characters/ })
  t.throws(() => bearerAuth({ tokens: [{ ...ann, token: '' }] }), { message: 'plimsoll option bearerAuth tokens[0].token is empty; give at least 16 characters: is its environment variable set?' })
  t.throws(() => bearerAuth(JSON.parse('{ "tokens": [{ "user": "ann", "role": "viewer" }] }')), { message: /tokens\[0\]\.token is undefined; .*environment variable/ })
  t.throws(() => bearerAuth({ tokens: [] }), { code: 'PLM_CORE_INVALID_OPTION' })
  t.throws(() => bearerAuth({ tokens: Array(101).fill(ann) }), { code: 'PLM_CORE_INVALID_OPTION' })
  t.throws(() => bearerAuth(JSON.parse('{}')), { code: 'PLM_CORE_INVALID_OPTION' })
})
