import { once } from 'node:events'
import { connect } from 'node:net'
import Fastify from 'fastify'
import type { FastifyServerOptions } from 'fastify'
import type { AdminOptions } from '@plimsoll/core'
import t from 'tap'
import { ASSET_TEXT, ASSETS, asOperator, asViewer, auth, listen, second, watched } from './app.ts'
import type { WatchedApp } from './app.ts'

// Every endpoint that an application with a dashboard has for operators, the page's files and the event stream included,
// by methods and spellings that nobody thinks of.

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'get']
/** By other spellings. */
const SPELLED_METHODS = ['GET', 'HEAD', 'POST']
const TREASURES = ['hidden-treasure', 'data-user', ASSET_TEXT, 'event:', 'retry:', 'PLM_DASHBOARD']

const SPELLINGS: ReadonlyArray<(path: string) => string> = [
  (path) => path,
  (path) => `/${path}`,
  (path) => path.replaceAll('/', '//'),
  (path) => `${path}/`,
  (path) => `${path}//`,
  (path) => path.replace(/\/$/, ''),
  (path) => path.toUpperCase(),
  (path) => path.replace(/[a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  (path) => path.slice(0, 1) + path.slice(1).replaceAll('/', '%2F'),
  (path) => `/x/..${path}`,
  (path) => `/.${path}`,
  (path) => `${path}/..;/`,
  (path) => `${path};a=b`,
  (path) => `${path}?a=b`,
  (path) => `${path}%00`,
  (path) => `${path}.json`,
  (path) => `${path}/../metrics`,
  (path) => path.replaceAll('/', '\\'),
  (path) => `http://other.example${path}`
]

const PLACES: ReadonlyArray<readonly [name: string, admin: AdminOptions, server: FastifyServerOptions]> = [
  ['a deep prefix', { prefix: '/a/b/c', auth }, {}],
  ['a prefix of a lenient router', { prefix: '/ops', auth }, { routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, caseSensitive: false } }],
  ['a listener of its own', { port: 0, auth }, {}]
]

interface Endpoint { readonly method: string, readonly path: string, readonly role: string }

interface Answer { readonly status: number, readonly head: string, readonly body: string }

async function crawled (t: Parameters<typeof watched>[0], admin: AdminOptions, server: FastifyServerOptions): Promise<WatchedApp & { readonly port: number, readonly endpoints: readonly Endpoint[] }> {
  const setup = watched(t, { admin, app: Fastify({ ...server, forceCloseConnections: true }), options: { controls: true } })
  const { core } = setup
  core.components.register({ kind: 'thing', name: 'one', snapshot: () => ({ treasure: TREASURES[0]! }), health: () => ({ status: 'ok' }), controls: { take: { description: '', run: () => TREASURES[0]! } } })
  const own = await listen(setup)
  const port = core.admin.address === undefined ? own : Number(new URL(core.admin.address).port)
  const endpoints = core.admin.routes.flatMap(({ method, url, role }) => pathsOf(core.admin.prefix ?? '', url).map((path) => ({ method, path, role })))
  return { ...setup, port, endpoints }
}

function pathsOf (prefix: string, url: string): string[] {
  if (url === '/') return prefix === '' ? ['/'] : [prefix]
  if (url.endsWith('/:name') && url.includes('assets')) return [...ASSETS.files.keys(), 'none.js'].map((name) => prefix + url.replace(':name', name))
  const path = prefix + url.replace(':kind/:name', 'thing/one')
  return url === '/dashboard/' ? [path, path.slice(0, -1)] : [path]
}

/** Sends the request line as it is. Of a stream only the beginning is waited for. */
async function ask (port: number, method: string, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  const answered = new Promise<void>((resolve) => { socket.on('data', (data) => { text += data; if (text.includes('text/event-stream')) resolve() }).on('close', () => { resolve() }) })
  socket.setEncoding('latin1').on('error', () => {})
  await once(socket, 'connect')
  const body = method === 'POST' ? '{"control":"take"}' : ''
  const lines = Object.entries({ host: '127.0.0.1', connection: 'close', 'x-plimsoll-request': '1', ...headers, ...(body !== '' && { 'content-type': 'application/json', 'content-length': body.length }) })
  socket.write(`${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`)
  await answered
  socket.destroy()
  const [head = '', rest = ''] = text.split('\r\n\r\n', 2)
  return { status: Number(text.slice(9, 12)), head, body: rest }
}

async function inParallel<T> (items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values()
  await Promise.all(Array.from({ length: 16 }, async () => { for (const item of rest) await work(item) }))
}

for (const [name, admin, server] of PLACES) {
  t.test(`no spelling and no method shows a stranger anything under ${name}`, async (t) => {
    const { port, endpoints } = await crawled(t, admin, server)
    const wrong: string[] = []
    let refused = 0
    const requests = endpoints.flatMap((endpoint) => SPELLINGS.flatMap((spell, i) => (i === 0 ? METHODS : SPELLED_METHODS).map((asked) => ({ ...endpoint, asked, spelled: spell(endpoint.path) }))))
    await inParallel(requests, async ({ method, path, role, asked, spelled }) => {
      const { status, head, body } = await ask(port, asked, spelled)
      const shown = TREASURES.filter((treasure) => body.includes(treasure))
      if (shown.length > 0) wrong.push(`${asked} ${spelled} shows ${shown}: ${body}`)
      const exact = spelled === path && (asked === method || (asked === 'HEAD' && method === 'GET'))
      if (exact && status !== (role === 'public' ? 200 : 401)) wrong.push(`${asked} ${spelled} gives ${status}`)
      if (role !== 'public' && status < 400) wrong.push(`${asked} ${spelled} gives ${status}: ${head}`)
      if (status === 401) refused++
    })
    t.strictSame(wrong, [])
    t.ok(refused > 2 * endpoints.length, `${refused} of ${requests.length} requests refused with 401`)
    t.ok(endpoints.length > 25)
  })
}

t.test('a stranger with a browser is shown a page to sign in where there are pages, and nothing of them', async (t) => {
  const { port, endpoints } = await crawled(t, { prefix: '/ops', auth }, {})
  for (const { method, path, role } of endpoints) {
    if (role === 'public' || method === 'POST') continue
    const { status, body } = await ask(port, 'GET', path, { accept: 'text/html' })
    t.equal(status, 401, path)
    t.equal(body.includes('Sign in'), /dashboard\/?$/.test(path), path)
    t.notOk(TREASURES.some((treasure) => body.includes(treasure)), path)
  }
})

t.test('a viewer sees everything that is to be seen, and is refused with 403 what changes something', async (t) => {
  const { port, endpoints, clock } = await crawled(t, { prefix: '/ops', auth }, {})
  const ticking = setInterval(() => { clock.advance(1000) }, 20)
  t.teardown(() => { clearInterval(ticking) })
  for (const { method, path, role } of endpoints) {
    const { status } = await ask(port, method, path, asViewer)
    t.equal(status, role === 'operator' ? 403 : path.endsWith('none.js') ? 404 : path.endsWith('dashboard') ? 302 : 200, `${method} ${path}`)
    if (role === 'operator') t.equal((await ask(port, method, path, asOperator)).status, 200)
  }
})

t.test('no preflight of another origin is answered with permission', async (t) => {
  const { port, endpoints, clock } = await crawled(t, { prefix: '/ops', auth }, {})
  await second(clock)
  for (const { path } of endpoints) {
    const { status, head } = await ask(port, 'OPTIONS', path, { origin: 'https://evil.example', 'access-control-request-method': 'GET', ...asOperator })
    t.ok(status >= 400, path)
    t.notMatch(head, /access-control/i)
  }
})
