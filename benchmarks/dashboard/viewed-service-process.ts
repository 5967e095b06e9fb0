import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import plimsoll, { ensureCore, systemClock } from '@plimsoll/core'
import type { Clock } from '@plimsoll/core'
import circuitBreaker from '@plimsoll/circuit-breaker'
import dashboard from '@plimsoll/dashboard'
import loadShedder from '@plimsoll/load-shedder'
import rateLimiter from '@plimsoll/rate-limiter'
import fastify from 'fastify'
import { BusyService } from './busy-service.ts'
import type { Asked, Answered } from './viewed-service.ts'

// A busy service with a dashboard, in a process of its own. Its arguments: how many routes it has, how many times faster
// than the clock on the wall its clock runs, and the Unix socket to listen on in place of a port.

const [routes = '50', speed = '1', socket] = process.argv.slice(2)
const app = fastify({ forceCloseConnections: true })
const core = ensureCore(app, { clock: fasterClock(Number(speed)) })
core.frames.addSource(new BusyService(Number(routes)))
app.register(plimsoll, { lifeCycle: { signals: [] }, admin: { prefix: '/plimsoll', auth: () => ({ user: 'bench', role: 'viewer' }) } })
// With a clock that runs so fast it takes every request for one that has waited too long.
if (speed === '1') app.register(loadShedder)
app.register(rateLimiter, { limit: 1_000_000, windowMs: 1000 })
app.register(circuitBreaker)
app.register(dashboard)
app.get('/hello', (_request, reply) => reply.type('text/html').send('<!doctype html><html lang="en"><title>hello</title><body><h1>hello</h1></body></html>'))
await app.listen(socket === undefined ? { host: '127.0.0.1', port: 0 } : { path: socket })

let frames = 0
core.components.register({ kind: 'counter', name: 'counter', snapshot: () => ({ frames: ++frames }), health: () => ({ status: 'ok' }) })
const streams = new Set<ServerResponse>()
let held = 0
app.server.on('request', (request, response) => {
  if (!request.url?.includes('/realtime')) return
  streams.add(response)
  response.on('close', () => streams.delete(response))
})
// Looked at only where that is what is measured: it costs.
if (speed !== '1') setInterval(() => { for (const { writableLength } of streams) held = Math.max(held, writableLength) }, 1).unref()

process.on('message', (asked: Asked) => {
  if (asked === 'end') process.exit()
  if (asked === 'forget held') held = 0
  const { user, system } = process.cpuUsage()
  tell({ cpu: user + system, frames, held, streams: streams.size })
})
process.on('disconnect', () => process.exit())
tell({ port: socket === undefined ? (app.server.address() as AddressInfo).port : 0 })

function tell (answer: Answered | { readonly port: number }): void { process.send?.(answer) }

function fasterClock (times: number): Clock {
  return {
    ...systemClock,
    now: () => systemClock.now() * times,
    wallTime: () => Date.now() * times,
    after: (ms, task) => systemClock.after(ms / times, task),
    every: (ms, task) => systemClock.every(ms / times, task)
  }
}
