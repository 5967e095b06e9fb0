import { createServer } from 'node:http'
import { execFileSync } from 'node:child_process'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { findService, freePort, skipWithout, startPrometheus, startRedis } from '../tools/services.ts'

t.test('a redis-server answers on its own port, and again on the same port after a restart', async (t) => {
  if (await skipWithout(t, 'redis-server')) return
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  t.equal(await ask(redis.port, 'SET a 1'), '+OK')
  await redis.stop()
  await t.rejects(ask(redis.port, 'PING'), { code: 'ECONNREFUSED' })

  const again = await startRedis({ port: redis.port })
  t.teardown(() => again.stop())
  t.equal(await ask(again.port, 'GET a'), '$-1', 'and it is empty')
})

t.test('a free port is none that the system hands out by itself, and leaves room for the bus of a Redis cluster', async (t) => {
  const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()))
  t.same(ports.filter((port) => port < 10_240 || port >= 30_240), [])
})

t.test('two redis-servers started at once do not meet', async (t) => {
  if (await skipWithout(t, 'redis-server')) return
  const [one, two] = await Promise.all([startRedis(), startRedis()])
  t.teardown(() => Promise.all([one.stop(), two.stop()]))
  t.not(one.port, two.port)
  t.equal(await ask(one.port, 'SET a 1'), '+OK')
  t.equal(await ask(two.port, 'GET a'), '$-1')
})

t.test('a service that refuses its options is reported with what it printed', async (t) => {
  if (await skipWithout(t, 'redis-server')) return
  await t.rejects(startRedis({ port: await freePort(), args: ['--no-such-option', 'x'] }), /no-such-option/)
})

t.test('a real Prometheus scrapes a target, and promtool judges its page', async (t) => {
  if (await skipWithout(t, 'prometheus', 'promtool')) return
  const page = '# HELP plimsoll_test_requests_total Requests.\n# TYPE plimsoll_test_requests_total counter\nplimsoll_test_requests_total 42\n'
  const port = await serve(t, page)
  const prometheus = await startPrometheus({ targets: [`127.0.0.1:${port}`] })
  t.teardown(() => prometheus.stop())
  let samples = await prometheus.query('plimsoll_test_requests_total')
  for (let tries = 0; samples.length === 0 && tries < 600; tries++) {
    await delay(100)
    samples = await prometheus.query('plimsoll_test_requests_total')
  }
  t.match(samples, [{ metric: { job: 'plimsoll' }, value: [Number, '42'] }])
  await t.rejects(prometheus.query('('), /parse error/)

  const promtool = await findService('promtool')
  t.equal(execFileSync(promtool, ['check', 'metrics'], { input: page, stdio: 'pipe' }).toString(), '')
  t.throws(() => execFileSync(promtool, ['check', 'metrics'], { input: 'no metric {', stdio: 'pipe' }))
})

async function serve (t: { teardown: (close: () => void) => void }, page: string): Promise<number> {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/plain; version=0.0.4').end(page))
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  t.teardown(() => server.close())
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function ask (port: number, command: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`))
  socket.on('data', (chunk) => resolve(chunk.toString().trim()))
  socket.on('error', reject)
  return await promise.finally(() => socket.destroy())
}
