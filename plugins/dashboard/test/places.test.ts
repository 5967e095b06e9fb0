import { createServer, request } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import helmet from '@fastify/helmet'
import Fastify from 'fastify'
import t from 'tap'
import type { View } from '../src/index.ts'
import { pagePolicy } from '../src/server/page.ts'
import { ASSETS, auth, eventsIn, listen, openStream, second, until, VIEWER, watched } from './app.ts'

// The same page wherever it is: at the root of a port of its own, at a deep prefix, behind a proxy that rewrites paths,
// with and without @fastify/helmet.

/** Hands `/tools/…` on as `/a/b/c/…`, as nginx does with proxy_pass and a path. */
async function rewritingProxy (port: number): Promise<{ readonly port: number, readonly server: Server }> {
  const server = createServer((req, res) => {
    const path = req.url!.replace(/^\/tools/, '/a/b/c')
    const passed = request({ port, host: '127.0.0.1', path, method: req.method, headers: { ...req.headers, host: 'internal:8080' } }, (answer) => {
      res.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(res)
      res.on('close', () => { answer.destroy() })
    })
    passed.on('error', () => { res.destroy() })
    req.pipe(passed)
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  return { port: (server.address() as AddressInfo).port, server }
}

const places = [
  { name: 'at the root of a port of its own', admin: { port: 0, auth }, base: '', proxied: false },
  { name: 'at a deep prefix', admin: { prefix: '/a/b/c', auth }, base: '/a/b/c', proxied: false },
  { name: 'behind a rewriting proxy', admin: { prefix: '/a/b/c', auth }, base: '/tools', proxied: true }
]

for (const { name, admin, base, proxied } of places) {
  for (const withHelmet of [false, true]) {
    t.test(`${name}, ${withHelmet ? 'with' : 'without'} helmet`, async (t) => {
      const app = Fastify({ forceCloseConnections: 'idle' })
      if (withHelmet) app.register(helmet)
      const setup = watched(t, { admin, app })
      const own = await listen(setup)
      const { address } = setup.core.admin
      const direct = address === undefined ? own : Number(new URL(address).port)
      const proxy = proxied ? await rewritingProxy(direct) : undefined
      t.teardown(() => {
        proxy?.server.closeAllConnections()
        proxy?.server.close()
      })
      const port = proxy?.port ?? direct
      const origin = `http://127.0.0.1:${port}`

      const stranger = await fetch(`${origin}${base}/dashboard/`, { headers: { accept: 'text/html' } })
      t.equal(stranger.status, 401)
      const [, sessionUrl = ''] = /data-session="([^"]*)"/.exec(await stranger.text()) ?? []
      const session = new URL(sessionUrl, stranger.url)
      t.equal(session.pathname, `${base}/session`)
      // As a browser that is behind a proxy: the origin is the one that it knows.
      const signedIn = await fetch(session, { method: 'POST', headers: { authorization: `Bearer ${VIEWER}`, 'x-plimsoll-request': '1', origin, 'sec-fetch-site': 'same-origin' } })
      t.equal(signedIn.status, 200)
      const cookie = String(signedIn.headers.get('set-cookie')).split(';')[0]!

      const page = await fetch(`${origin}${base}/dashboard`, { headers: { cookie } })
      t.equal(page.url, `${origin}${base}/dashboard/`)
      t.equal(page.status, 200)
      t.equal(page.headers.get('content-security-policy'), pagePolicy(ASSETS.style))
      t.equal(page.headers.get('x-frame-options'), 'DENY')
      for (const [, url = ''] of (await page.text()).matchAll(/(?:src|href)="([^"]*)"/g)) {
        const file = await fetch(new URL(url, page.url), { headers: { cookie } })
        t.equal(file.status, 200, url)
        t.match(file.headers.get('cache-control'), /immutable/)
        await file.arrayBuffer()
      }

      // As an EventSource does it, with nothing but the cookie.
      const events = await openStream(port, { path: `${base}/api/performance/realtime`, headers: { cookie } })
      await second(setup.clock)
      await until(() => eventsIn<View>(events, 'metrics').length === 1)
      t.match(events.text, /content-security-policy: default-src 'none'/i)
      events.socket.destroy()
    })
  }
}
