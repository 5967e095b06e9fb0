import { createHash } from 'node:crypto'
import helmet from '@fastify/helmet'
import fastify from 'fastify'
import t from 'tap'
import { bearerAuth } from '../../src/admin/bearer-auth.ts'
import { operatorSetup } from './operator-setup.ts'
import type { OperatorSetup } from './operator-setup.ts'

const auth = bearerAuth({ tokens: [{ token: 'viewer-viewer-viewer', user: 'vic', role: 'viewer' }] })
const asViewer = { authorization: 'Bearer viewer-viewer-viewer' }
const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
const PAGE_POLICY = "default-src 'none'; script-src 'self'"

function withPage (setup: OperatorSetup): OperatorSetup {
  setup.admin.route({ method: 'GET', url: '/board/', role: 'viewer', page: true, headers: { 'content-security-policy': PAGE_POLICY }, handler: (_request, reply) => reply.type('text/html').send('<p>the page') })
  return setup
}

t.test('a page is at its path with a slash; the one without redirects, relatively and with the query', async (t) => {
  const { app } = withPage(operatorSetup({ prefix: '/a/b', auth }))
  t.teardown(() => app.close())
  const page = await app.inject({ url: '/a/b/board/', headers: asViewer })
  t.equal(page.body, '<p>the page')
  t.equal(page.headers['content-security-policy'], PAGE_POLICY)
  const redirect = await app.inject({ url: '/a/b/board?route=%2F', headers: asViewer })
  t.equal(redirect.statusCode, 302)
  t.equal(redirect.headers.location, 'board/?route=%2F')
  t.equal((await app.inject({ url: '/a/b/board', method: 'HEAD', headers: asViewer })).headers.location, 'board/')
  t.equal((await app.inject({ url: '/a/b/board/', method: 'HEAD', headers: asViewer })).statusCode, 200)
})

t.test('so it is on a router that takes both for one, and on a listener of its own', async (t) => {
  for (const options of [{ ignoreTrailingSlash: true }, { routerOptions: { ignoreTrailingSlash: true } }]) {
    const { app } = withPage(operatorSetup({ auth }, { app: fastify(options) }))
    t.equal((await app.inject({ url: '/plimsoll/board', headers: asViewer })).headers.location, 'board/')
    t.equal((await app.inject({ url: '/plimsoll/board/', headers: asViewer })).body, '<p>the page')
    await app.close()
  }
  const { app, admin } = withPage(operatorSetup({ port: 0, auth }))
  t.teardown(() => app.close())
  await app.ready()
  const answer = await fetch(`${admin.address}/board`, { headers: asViewer })
  t.equal(await answer.text(), '<p>the page')
  t.match(answer.url, /\/board\/$/)
})

t.test('a stranger with a browser gets a page to sign in, which needs nothing else', async (t) => {
  const { app } = withPage(operatorSetup({ auth }))
  t.teardown(() => app.close())
  for (const [url, session] of [['/plimsoll/board/', '../session'], ['/plimsoll/board', 'session'], ['/plimsoll/board/?x=1', '../session']] as const) {
    const answer = await app.inject({ url, headers: browser })
    t.equal(answer.statusCode, 401, url)
    t.match(answer.headers, { 'content-type': /text\/html/, 'www-authenticate': 'Bearer', 'cache-control': 'no-store', 'x-frame-options': 'DENY' })
    t.match(answer.body, `data-session="${session}"`)
    t.notMatch(answer.body, /the page|src=|href=|style=|onclick/)
  }
})

t.test('the page to sign in runs under a policy that names its one script and its one style', async (t) => {
  const { app } = withPage(operatorSetup({ auth }))
  t.teardown(() => app.close())
  const { headers, body } = await app.inject({ url: '/plimsoll/board/', headers: browser })
  const policy = String(headers['content-security-policy'])
  for (const tag of ['script', 'style']) {
    const parts = [...body.matchAll(new RegExp(`<${tag}[^>]*>([^]*?)</${tag}>`, 'g'))]
    t.equal(parts.length, 1)
    t.ok(policy.includes(`${tag}-src 'sha256-${createHash('sha256').update(String(parts[0]?.[1])).digest('base64')}'`), tag)
  }
  t.notMatch(policy, /unsafe|https?:|\*/)
  t.match(policy, /^default-src 'none';.*connect-src 'self';.*base-uri 'none';.*frame-ancestors 'none'; require-trusted-types-for 'script'/)
})

t.test('programs, and what is no page, are refused in JSON', async (t) => {
  const { app } = withPage(operatorSetup({ auth }))
  t.teardown(() => app.close())
  for (const [url, headers] of [['/plimsoll/board/', {}], ['/plimsoll/board/', { accept: '*/*' }], ['/plimsoll/components', browser]] as const) {
    const answer = await app.inject({ url, headers })
    t.equal(answer.statusCode, 401)
    t.equal(answer.json().error.code, 'PLM_CORE_ADMIN_UNAUTHENTICATED')
  }
})

t.test('a page without a slash at its end is refused', async (t) => {
  const { app, admin } = operatorSetup({ auth })
  t.teardown(() => app.close())
  t.throws(() => admin.route({ method: 'GET', url: '/board', role: 'viewer', page: true, handler: () => '' }), { code: 'PLM_CORE_REGISTRATION_INVALID', message: /ends with \// })
})

t.test('headers of a route are for what it serves, not for what it refuses', async (t) => {
  const { app, admin } = operatorSetup({ auth })
  t.teardown(() => app.close())
  admin.route({ method: 'GET', url: '/file', role: 'viewer', headers: { 'cache-control': 'max-age=60' }, handler: ({ headers }, reply) => headers['x-missing'] === undefined ? reply.send('file') : reply.code(404).send('') })
  t.equal((await app.inject({ url: '/plimsoll/file', headers: asViewer })).headers['cache-control'], 'max-age=60')
  t.equal((await app.inject({ url: '/plimsoll/file', headers: { ...asViewer, 'x-missing': '1' } })).headers['cache-control'], 'no-store')
  t.equal((await app.inject({ url: '/plimsoll/file' })).headers['cache-control'], 'no-store')
})

t.test('a hijacked stream has the strict headers as well, and is declared one', async (t) => {
  const { app, admin } = operatorSetup({ auth })
  t.teardown(() => app.close())
  let declared: unknown
  admin.route({
    method: 'GET',
    url: '/stream',
    role: 'viewer',
    stream: true,
    handler (request, reply) {
      declared = request.routeOptions.config.stream
      reply.hijack()
      reply.raw.writeHead(200, Object.entries(reply.getHeaders()).flatMap(([name, value]) => [name, String(value)])).end('streamed')
    }
  })
  const answer = await app.inject({ url: '/plimsoll/stream', headers: asViewer })
  t.equal(answer.body, 'streamed')
  t.match(answer.headers, { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'content-security-policy': /default-src 'none'/ })
  t.equal(declared, true)
})

t.test('what @fastify/helmet and CORS hooks write past Fastify does not change it', async (t) => {
  const app = fastify()
  await app.register(helmet)
  app.addHook('onRequest', async (_request, reply) => { reply.raw.setHeader('access-control-allow-origin', '*') })
  withPage(operatorSetup({ auth }, { app }))
  t.teardown(() => app.close())
  for (const [headers, policy] of [[asViewer, PAGE_POLICY], [browser, /sha256-/]] as const) {
    const answer = await app.inject({ url: '/plimsoll/board/', headers })
    t.match(answer.headers['content-security-policy'], policy)
    t.match(answer.headers, { 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' })
    t.equal(answer.headers['access-control-allow-origin'], undefined)
  }
})
