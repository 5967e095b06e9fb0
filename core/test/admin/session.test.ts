import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { bearerAuth } from '../../src/admin/bearer-auth.ts'
import { operatorSetup } from './operator-setup.ts'

const TOKEN = 'viewer-viewer+viewer/='
const auth = bearerAuth({ tokens: [{ token: TOKEN, user: 'vic', role: 'viewer' }, { token: 'operator-operator', user: 'olga', role: 'operator' }] })
const asViewer = { authorization: `Bearer ${TOKEN}`, 'x-plimsoll-request': '1' }

async function signIn (app: FastifyInstance, headers: Record<string, string> = {}): Promise<string> {
  const answer = await app.inject({ method: 'POST', url: '/plimsoll/session', headers: { ...asViewer, ...headers } })
  if (answer.statusCode !== 200) throw new Error(answer.body)
  return String(answer.headers['set-cookie'])
}

const valueOf = (setCookie: string): string => setCookie.split(';')[0]!

async function statusWith (app: FastifyInstance, headers: Record<string, string>, url = '/plimsoll/components'): Promise<number> {
  return (await app.inject({ url, headers })).statusCode
}

t.test('a browser signs in with a token once, and its cookie stands for it from then on', async (t) => {
  const { app } = operatorSetup({ auth })
  t.teardown(() => app.close())
  const answer = await app.inject({ method: 'POST', url: '/plimsoll/session', headers: asViewer })
  t.strictSame(answer.json(), { user: 'vic', role: 'viewer' })
  t.equal(answer.headers['cache-control'], 'no-store')
  const cookie = valueOf(String(answer.headers['set-cookie']))
  t.equal(await statusWith(app, { cookie }), 200)
  t.equal(await statusWith(app, { cookie: `theme=dark; ${cookie}; other=1` }), 200)
  t.equal(await statusWith(app, {}), 401)
})

t.test('the cookie is for this browser, this site and this folder alone, and ends with the browser', async (t) => {
  const { app } = operatorSetup({ auth })
  t.teardown(() => app.close())
  const [, ...attributes] = (await signIn(app)).split('; ')
  t.strictSame(attributes, ['HttpOnly', 'SameSite=Strict'], 'no path: that of the endpoint as the browser sees it')
  t.match(await signIn(app, { origin: 'https://localhost:80', 'sec-fetch-site': 'same-origin' }), /; Secure$/, 'TLS may end at a proxy')
})

t.test('behind a trusted proxy that ends TLS the cookie is Secure', async (t) => {
  const { app } = operatorSetup({ auth }, { app: fastify({ trustProxy: true }) })
  t.teardown(() => app.close())
  t.match(await signIn(app, { 'x-forwarded-proto': 'https' }), /; Secure$/)
  t.notMatch(await signIn(app, { 'x-forwarded-proto': 'http' }), /Secure/)
})

t.test('signing out takes the cookie away, at an endpoint of the same folder', async (t) => {
  const { app } = operatorSetup({ auth })
  t.teardown(() => app.close())
  const cookie = valueOf(await signIn(app))
  const answer = await app.inject({ method: 'POST', url: '/plimsoll/session-end', headers: { cookie, 'x-plimsoll-request': '1' } })
  t.equal(answer.statusCode, 200)
  t.match(answer.headers['set-cookie'], /^plimsoll-token=;.*Max-Age=0$/)
})

t.test('a token that is no longer accepted ends its cookie at once: nothing else is remembered', async (t) => {
  let accepted = true
  const { app } = operatorSetup({ auth: async (request) => accepted ? await auth(request) : undefined })
  t.teardown(() => app.close())
  const cookie = valueOf(await signIn(app))
  t.equal(await statusWith(app, { cookie }), 200)
  accepted = false
  t.equal(await statusWith(app, { cookie }), 401)
})

t.test('an authorization of its own wins over the cookie', async (t) => {
  const { app } = operatorSetup({ auth })
  t.teardown(() => app.close())
  const cookie = valueOf(await signIn(app))
  t.equal(await statusWith(app, { cookie, authorization: 'Bearer wrong' }), 401)
  t.equal(await statusWith(app, { cookie: 'plimsoll-token=wrong', authorization: `Bearer ${TOKEN}` }), 200)
})

t.test('no other cookie and no odd value signs anybody in', async (t) => {
  const seen: Array<string | undefined> = []
  const { app } = operatorSetup({ auth: ({ headers }) => { seen.push(headers.authorization); return undefined } })
  t.teardown(() => app.close())
  const token = encodeURIComponent(TOKEN)
  for (const cookie of [`xplimsoll-token=${token}`, `plimsoll-token-x=${token}`, 'plimsoll-token=', 'plimsoll-token=%', 'plimsoll-token=%E0%A4%A', 'plimsoll-token=a%20b', 'plimsoll-token=a%0d%0ab', 'plimsoll-token=%C3%A9', `plimsoll-token=${'x'.repeat(4097)}`, `a="; plimsoll-token"=${token}`]) {
    t.equal(await statusWith(app, { cookie }), 401, cookie.slice(0, 60))
  }
  t.strictSame(seen.filter((authorization) => authorization !== undefined), [])
})

t.test('signing in needs the token, our header and the same origin', async (t) => {
  const { app } = operatorSetup({ auth })
  t.teardown(() => app.close())
  const post = async (headers: Record<string, string>): Promise<number> => (await app.inject({ method: 'POST', url: '/plimsoll/session', headers })).statusCode
  t.equal(await post({ 'x-plimsoll-request': '1' }), 401)
  t.equal(await post({ authorization: 'Bearer wrong', 'x-plimsoll-request': '1' }), 401)
  t.equal(await post({ authorization: `Bearer ${TOKEN}` }), 403)
  t.equal(await post({ ...asViewer, 'sec-fetch-site': 'cross-site' }), 403)
  t.equal(await post({ ...asViewer, origin: 'https://evil.example' }), 403)
})

t.test('a cookie does not make a viewer an operator, and changes nothing without our header', async (t) => {
  const { app } = operatorSetup({ auth })
  t.teardown(() => app.close())
  const post = async (headers: Record<string, string>): Promise<number> => (await app.inject({ method: 'POST', url: '/plimsoll/components/a/b', headers, payload: { control: 'x' } })).statusCode
  t.equal(await post({ cookie: valueOf(await signIn(app)), 'x-plimsoll-request': '1' }), 403)
  const operator = valueOf(await signIn(app, { authorization: 'Bearer operator-operator' }))
  t.equal(await post({ cookie: operator }), 403, 'as a form of another site would send it')
  t.equal(await post({ cookie: operator, 'x-plimsoll-request': '1', 'sec-fetch-site': 'same-site' }), 403)
  t.equal(await post({ cookie: operator, 'x-plimsoll-request': '1' }), 404, 'let in: there is no such component')
})

t.test('with an auth of the application\'s own there is no token to be kept', async (t) => {
  const { app } = operatorSetup({ auth: ({ headers }) => headers.cookie === 'own=1' ? { user: 'ann', role: 'operator' } : undefined })
  t.teardown(() => app.close())
  const answer = await app.inject({ method: 'POST', url: '/plimsoll/session', headers: { cookie: 'own=1', 'x-plimsoll-request': '1' } })
  t.strictSame(answer.json(), { user: 'ann', role: 'operator' })
  t.equal(answer.headers['set-cookie'], undefined)
})
