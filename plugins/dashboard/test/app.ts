import { once } from 'node:events'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import plimsoll, { bearerAuth, ensureCore, LocalDriver } from '@plimsoll/core'
import type { AdminAuth, AdminOptions, Core, Json, LocalStore } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'
import type { FakeClock } from '@plimsoll/core/testing'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { addDashboard } from '../src/add-dashboard.ts'
import type { DashboardOptions } from '../src/index.ts'
import type { Assets } from '../src/server/assets.ts'

export const VIEWER = 'viewer-viewer-viewer'
const OPERATOR = 'operator-operator-operator'
export const asViewer = { authorization: `Bearer ${VIEWER}` }
export const asOperator = { authorization: `Bearer ${OPERATOR}` }
export const auth: AdminAuth = bearerAuth({ tokens: [{ token: VIEWER, user: 'vic', role: 'viewer' }, { token: OPERATOR, user: 'olga', role: 'operator' }] })

/** What no stranger may see. */
export const ASSET_TEXT = 'what is in a file'

/** Of a page that was never built. */
export const ASSETS: Assets = {
  script: 'app-1.js',
  icon: 'icon-1.svg',
  style: 'body{margin:0}',
  shell: '<main>Connecting…</main>',
  files: new Map([
    ['app-1.js', { type: 'text/javascript; charset=utf-8', body: Buffer.from(ASSET_TEXT), br: brotliCompressSync(ASSET_TEXT), gzip: gzipSync(ASSET_TEXT) }],
    ['pages-1.js', { type: 'text/javascript; charset=utf-8', body: Buffer.from(ASSET_TEXT), br: undefined, gzip: gzipSync(ASSET_TEXT) }],
    ['icon-1.svg', { type: 'image/svg+xml', body: Buffer.from(ASSET_TEXT), br: undefined, gzip: undefined }]
  ])
}

export interface WatchedApp {
  readonly app: FastifyInstance
  readonly core: Core
  readonly clock: FakeClock
}

/** An application with a dashboard on a clock that stands still. */
export function watched (t: { teardown (task: () => unknown): void }, { admin = { prefix: '/ops', auth }, options = {}, app = Fastify({ forceCloseConnections: 'idle' }), built = true, clock = fakeClock(), member }: {
  readonly admin?: AdminOptions
  readonly options?: DashboardOptions
  readonly app?: FastifyInstance
  /** Whether there are the files of a page. */
  readonly built?: boolean
  readonly clock?: FakeClock
  /** Of a cluster in this process. */
  readonly member?: { readonly id: string, readonly store: LocalStore }
} = {}): WatchedApp {
  const core = ensureCore(app, { clock })
  if (member !== undefined) core.offerBackend('memory', () => new LocalDriver({ clock, store: member.store }))
  app.register(plimsoll, { admin, ...(member !== undefined && { coordinator: { id: member.id } }) })
  app.register(async (child) => { addDashboard(child, options, built ? ASSETS : undefined) })
  t.teardown(() => app.close())
  return { app, core, clock }
}

/** Of the dashboard's own component, as of now: core would show what it was asked for within the last second. */
export function figures ({ core }: Pick<WatchedApp, 'core'>): { readonly [name: string]: Json } {
  return core.components.get('dashboard', 'dashboard')!.snapshot()
}

export async function listen ({ app }: Pick<WatchedApp, 'app'>): Promise<number> {
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}

/** A second passes, and everything that it sets off. */
export async function second (clock: FakeClock, seconds = 1): Promise<void> {
  for (let i = 0; i < seconds; i++) {
    clock.advance(1000)
    await setImmediate()
  }
}

/** Waits for something that happens on a real socket. */
export async function until (condition: () => boolean, what: string = String(condition)): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within 20 s: ${what}`)
    await setImmediate()
  }
}

/** Waits for an answer that needs time to pass. */
export async function whilePassing<T> (clock: FakeClock, answer: Promise<T>): Promise<T> {
  const state = { over: false }
  answer.then(() => { state.over = true }, () => { state.over = true })
  const deadline = performance.now() + 20_000
  while (!state.over && performance.now() < deadline) await second(clock)
  return await answer
}

export interface Stream {
  readonly socket: Socket
  /** What has come so far, head included. */
  text: string
  ended: boolean
}

/** Opens an event stream and reads what comes; no client in between. */
export async function openStream (port: number, { path = '/ops/api/performance/realtime', headers = {}, method = 'GET' }: { readonly path?: string, readonly headers?: Readonly<Record<string, string>>, readonly method?: string } = {}): Promise<Stream> {
  const socket = connect(port, '127.0.0.1')
  const stream: Stream = { socket, text: '', ended: false }
  socket.setEncoding('latin1').on('data', (data) => { stream.text += data }).on('error', () => {}).on('close', () => { stream.ended = true })
  await once(socket, 'connect')
  const lines = Object.entries({ host: '127.0.0.1', ...('cookie' in headers ? {} : asViewer), ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
  await until(() => stream.text.includes('\r\n\r\n'), 'the head of the stream')
  return stream
}

/** The data of every event `name` so far. */
export function eventsIn<T> ({ text }: Pick<Stream, 'text'>, name: string): T[] {
  return [...text.matchAll(new RegExp(`event: ${name}\n(?:id: \\d+\n)?data: (.*)\n`, 'g'))].map(([, data]) => JSON.parse(data!))
}
