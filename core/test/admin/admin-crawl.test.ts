import { once } from 'node:events'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import type { FastifyServerOptions } from 'fastify'
import t from 'tap'
import type { AdminAuth, AdminOptions } from '../../src/admin/admin-options.ts'
import { AUTH_TIMEOUT_MS } from '../../src/admin/authentication.ts'
import { operatorSetup } from './operator-setup.ts'
import type { OperatorSetup } from './operator-setup.ts'

// A crawl of every endpoint that is registered, whoever added it, by methods and spellings that nobody thinks of.
// Whatever the answer is, it must not be the endpoint's.

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY', 'get']
const TREASURE = 'hidden-treasure'

const SPELLINGS: ReadonlyArray<(path: string) => string> = [
  (path) => path,
  (path) => `/${path}`,
  (path) => path.replaceAll('/', '//'),
  (path) => `${path}/`,
  (path) => `${path}//`,
  (path) => path.toUpperCase(),
  (path) => path.replace(/[a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  (path) => path.replace(/.$/, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`),
  (path) => path.slice(0, 1) + path.slice(1).replaceAll('/', '%2F'),
  (path) => `/x/..${path}`,
  (path) => `/.${path}`,
  (path) => `/%2e%2e${path}`,
  (path) => `${path}/.`,
  (path) => `${path}/..;/`,
  (path) => `${path};a=b`,
  (path) => `${path}?a=b`,
  (path) => `${path}?`,
  (path) => `${path}#x`,
  (path) => `${path}%00`,
  (path) => `${path}%20`,
  (path) => `${path}.json`,
  (path) => `${path}/../metrics`,
  (path) => path.replaceAll('/', '\\'),
  (path) => `http://127.0.0.1${path}`,
  (path) => `http://other.example${path}`
]

const SERVERS: ReadonlyArray<readonly [name: string, options: FastifyServerOptions]> = [
  ['a strict router', {}],
  ['a lenient router', { routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, caseSensitive: false } }]
]

const PLACES: ReadonlyArray<readonly [name: string, options: AdminOptions]> = [['a prefix', { prefix: '/ops' }], ['a listener of its own', { port: 0 }]]

const STRANGERS: ReadonlyArray<readonly [name: string, auth: AdminAuth]> = [
  ['answers undefined', () => undefined],
  ['throws', () => { throw new Error('broken') }],
  ['rejects', async () => { throw new Error('broken') }]
]

async function setup (place: AdminOptions, server: FastifyServerOptions, auth: AdminAuth): Promise<OperatorSetup & { port: number, paths: ReadonlyArray<readonly [method: string, path: string, role: string]> }> {
  const operator = operatorSetup({ ...place, auth }, { app: fastify({ ...server, forceCloseConnections: true }) })
  const { app, admin, components, journal, metrics } = operator
  components.register({ kind: 'thing', name: 'one', snapshot: () => ({ TREASURE }), health: () => ({ status: 'degraded', reason: TREASURE }), controls: { take: { description: TREASURE, run: () => TREASURE } } })
  journal.record({ component: 'x', event: 'y', message: TREASURE })
  metrics.register({ name: 'plimsoll_test_treasure_bytes', help: TREASURE, type: 'gauge', collect: (report) => report.value(1) })
  admin.route({ method: 'GET', url: '/pages/*', role: 'viewer', handler: () => TREASURE })
  admin.route({ method: 'POST', url: '/act', role: 'operator', handler: () => TREASURE })
  app.get('/own', async () => 'own')
  await app.listen({ port: 0, host: '127.0.0.1' })
  const port = admin.address === undefined ? (app.server.address() as AddressInfo).port : Number(new URL(admin.address).port)
  return { ...operator, port, paths: admin.routes.map(({ method, url, role }) => [method, pathOf(admin.prefix ?? '', url), role]) }
}

function pathOf (prefix: string, url: string): string {
  const path = url.replace(':kind/:name', 'thing/one').replace('*', 'a/b')
  return path === '/' && prefix !== '' ? prefix : prefix + path
}

/** Sends the request line as it is: no client in between that would tidy it up. */
async function ask (port: number, method: string, path: string, headers = ''): Promise<{ status: number, text: string }> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.setEncoding('latin1').on('data', (data) => { text += data }).on('error', () => {})
  const body = method === 'POST' ? '{"control":"take"}' : ''
  socket.write(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nX-Plimsoll-Request: 1\r\n${headers}${body === '' ? '' : `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`}\r\n${body}`)
  await once(socket, 'close')
  return { status: Number(text.slice(9, 12)), text }
}

async function inParallel<T> (items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values()
  await Promise.all(Array.from({ length: 16 }, async () => { for (const item of rest) await work(item) }))
}

for (const [placeName, place] of PLACES) {
  for (const [serverName, server] of SERVERS.slice(0, place.port === undefined ? 2 : 1)) {
    t.test(`no spelling and no method gets a stranger past auth under ${placeName} of ${serverName}`, async (t) => {
      for (const [strangerName, auth] of STRANGERS) {
        const { app, port, paths } = await setup(place, server, auth)
        const requests = paths.flatMap(([method, path, role]) => METHODS.flatMap((asked) => SPELLINGS.map((spell) => ({ asked, method, role, path, spelled: spell(path) }))))
        const wrong: string[] = []
        let refused = 0
        await inParallel(strangerName === 'answers undefined' ? requests : requests.filter(({ path, spelled }) => path === spelled), async ({ asked, method, role, path, spelled }) => {
          const { status, text } = await ask(port, asked, spelled)
          if (text.includes(TREASURE)) wrong.push(`${asked} ${spelled} shows what it hides: ${text}`)
          const isEndpoint = spelled === path && (asked === method || (asked === 'HEAD' && method === 'GET'))
          if (isEndpoint && status !== (role === 'public' ? 200 : 401)) wrong.push(`${asked} ${spelled} gives ${status}`)
          if (role !== 'public' && status < 400 && status !== 0) wrong.push(`${asked} ${spelled} gives ${status}`)
          if (status === 401) refused++
        })
        t.strictSame(wrong, [], `auth that ${strangerName}`)
        t.ok(refused >= paths.length - 2)
        await app.close()
      }
    })
  }
}

t.test('the crawl can tell: with auth every endpoint shows its treasure or answers', async (t) => {
  const { app, port, paths } = await setup({ prefix: '/ops' }, {}, () => ({ user: 'ann', role: 'operator' }))
  t.teardown(() => app.close())
  let shown = 0
  for (const [method, path] of paths) {
    const { status, text } = await ask(port, method, path)
    t.equal(status, 200, `${method} ${path}`)
    if (text.includes(TREASURE)) shown++
  }
  t.ok(shown >= 7)
})

t.test('a viewer is refused with 403 where an operator is needed', async (t) => {
  const { app, port, paths } = await setup({ prefix: '/ops' }, {}, () => ({ user: 'vic', role: 'viewer' }))
  t.teardown(() => app.close())
  for (const [method, path, role] of paths) t.equal((await ask(port, method, path)).status, role === 'operator' ? 403 : 200, `${method} ${path}`)
})

t.test('while auth hangs nothing is shown, and then it is a 401', async (t) => {
  const asked: unknown[] = []
  const { app, port, paths, clock } = await setup({ prefix: '/ops' }, {}, (request) => { asked.push(request); return new Promise(() => {}) })
  t.teardown(() => app.close())
  const guarded = paths.filter(([, , role]) => role !== 'public')
  const answers = guarded.map(async ([method, path]) => await ask(port, method, path))
  while (asked.length < guarded.length) await new Promise(setImmediate)
  clock.advance(AUTH_TIMEOUT_MS)
  for (const { status, text } of await Promise.all(answers)) {
    t.equal(status, 401)
    t.notMatch(text, TREASURE)
  }
})

t.test('a cross-origin preflight is not answered with permission', async (t) => {
  const { app, port, paths } = await setup({ prefix: '/ops' }, {}, () => ({ user: 'ann', role: 'operator' }))
  t.teardown(() => app.close())
  for (const [, path] of paths) {
    const { status, text } = await ask(port, 'OPTIONS', path, 'Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n')
    t.ok(status >= 400, path)
    t.notMatch(text, /access-control/i)
  }
})
