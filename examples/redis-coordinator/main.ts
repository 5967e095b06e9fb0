import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import plimsoll from '@plimsoll/core'
import redisCoordinator from '@plimsoll/redis-coordinator'

// Two instances of a service in one process, on a Redis that this example starts; in production each is a process.
const port = await freePort()
const redis = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], { stdio: 'ignore' })
const [failed] = await Promise.race([once(redis, 'error'), once(redis, 'spawn')])
if (failed !== undefined) {
  console.log('this example needs redis-server on PATH')
  process.exit(0)
}

async function startInstance (id: string): Promise<FastifyInstance> {
  const app = fastify()
  app.register(plimsoll, { coordinator: { id, timings: { ttlMs: 2_000 } } })
  // The namespace is known to be new: nothing has been lost, so nobody waits for an old leader to be over.
  app.register(redisCoordinator, { url: `redis://127.0.0.1:${port}`, namespace: 'example', firstUse: true })
  await app.ready()
  return app
}

const a = await startInstance('worker-a')
const b = await startInstance('worker-b')
const instances = [a, b].map((app) => app.plimsoll.coordinator)
// It has not waited for Redis: the service is up, and joins by itself.
while (instances.some(({ mode }) => mode !== 'cluster')) await delay(10)
console.log('both are in mode', instances.map(({ mode }) => mode).join(' and '))

await a.plimsoll.coordinator.elect('nightly').run(async ({ fence }) => {
  await a.plimsoll.coordinator.set('report', { by: 'worker-a' }, { fence })
  console.log('worker-a leads, in epoch', fence.epoch > 0n ? 'one' : 'none')
})

const shares = instances.map((coordinator) => coordinator.capacity('database connections', { total: 10 }))
while (shares.some(({ granted }) => granted !== 5)) await delay(10)
shares[0]?.want(2)
while (shares.some(({ granted }, i) => granted !== [2, 8][i])) await delay(10)
console.log('of 10 connections', shares.map(({ granted }) => granted).join(' + '))

await b.plimsoll.coordinator.queue<{ to: string }>('mails').push([{ to: 'a@example.org' }, { to: 'b@example.org' }])
for (const mail of await a.plimsoll.coordinator.queue<{ to: string }>('mails').claim(10)) console.log('worker-a sends to', mail.body.to, await mail.ack())

await Promise.all([a.close(), b.close()])
redis.kill()

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
