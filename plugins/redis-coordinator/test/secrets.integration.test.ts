import { inspect } from 'node:util'
import fastify from 'fastify'
import { Redis } from 'ioredis'
import t from 'tap'
import plimsoll from '@plimsoll/core'
import { skipWithout, startRedis } from '../../../tools/services.ts'
import redisCoordinator from '../src/index.ts'
import type { RedisCoordinatorOptions } from '../src/index.ts'
import { runConsole } from '../src/console/run.ts'
import { until } from './until.ts'

const SECRET = 'hunted-5ecret'

/** Everything that this application shows anybody: its log, journal, components, metrics, errors. */
async function shownBy (options: RedisCoordinatorOptions): Promise<string> {
  const shown: string[] = []
  const show = (what: unknown): void => { shown.push(inspect(what, { depth: 20, showHidden: true })) }
  const app = fastify({ logger: { level: 'trace', stream: { write: (line: string) => { shown.push(line) } } } })
  app.register(plimsoll, { coordinator: { timings: { ttlMs: 600 } } })
  app.register(redisCoordinator, options)
  try {
    await app.ready()
    const { coordinator, components, journal, metrics } = app.plimsoll
    await until('a settled mode', () => coordinator.mode === 'cluster' || coordinator.link.failures > 3)
    for (const work of [coordinator.set('k', 1), coordinator.queue('q').push(1), coordinator.delete('k')]) await work.catch(show)
    await coordinator.link.driver.commit({ id: 'x', checks: [], operations: [] }).catch((error: unknown) => {
      show(error)
      app.log.error(error)
      shown.push(JSON.stringify(error))
    })
    await coordinator.link.driver.connect(AbortSignal.timeout(1_000)).catch(show)
    for (const component of components.list()) show([component.snapshot(), component.health?.(), component.configuration?.()])
    show(journal.entries())
    for await (const piece of metrics.render()) shown.push(piece)
  } catch (error) {
    show(error)
    app.log.error(error)
  } finally {
    await app.close()
  }
  return shown.join('\n')
}

if (!await skipWithout(t, 'redis-server')) {
  t.test('passwords are in no log, error, snapshot, configuration, metric or journal, whatever goes wrong', async (t) => {
    const redis = await startRedis({ args: ['--requirepass', SECRET] })
    t.teardown(() => redis.stop())
    const { port } = redis
    const client = new Redis({ port, password: SECRET })
    t.teardown(() => client.disconnect())
    const cases: Readonly<Record<string, RedisCoordinatorOptions>> = {
      'in the URL': { url: `redis://:${SECRET}@127.0.0.1:${port}`, firstUse: true },
      'as an option': { url: `redis://127.0.0.1:${port}`, password: SECRET },
      'of a client': { client },
      'that is wrong, in the URL': { url: `redis://app:${SECRET}x@127.0.0.1:${port}` },
      'that is wrong, as an option': { url: `redis://127.0.0.1:${port}`, password: `${SECRET}x` },
      'for nobody there': { url: `redis://:${SECRET}@127.0.0.1:1` },
      'for a Sentinel that is not there': { sentinels: [{ host: '127.0.0.1', port: 1 }], sentinelName: 'shop', sentinelPassword: SECRET, password: SECRET },
      'for a Cluster that is not one': { cluster: [{ host: '127.0.0.1', port }], password: SECRET },
      'in a URL that is none': { url: `redsi://:${SECRET}@127.0.0.1:${port}` },
      'beside a contradiction': { url: `redis://:${SECRET}@127.0.0.1:${port}`, cluster: [{ host: 'x' }] },
      'of the wrong type': Object({ url: `redis://127.0.0.1:${port}`, password: [SECRET] })
    }
    for (const [name, options] of Object.entries(cases)) {
      const shown = await shownBy(options)
      t.ok(shown.length > 100, `something is shown ${name}`)
      t.notOk(shown.includes(SECRET), name)
    }
    // The hunt finds what is there.
    t.ok((await shownBy({ url: `redis://127.0.0.1:${port}`, namespace: SECRET })).includes(SECRET))
    for (const argv of [['status', '--url', `redis://:${SECRET}x@127.0.0.1:${port}`], ['status', '--url', `redis://:${SECRET}@127.0.0.1:1`]]) {
      let printed = ''
      const print = (text: string): void => { printed += text }
      t.equal(await runConsole(argv, { environment: {}, out: print, error: print }), 1)
      t.notOk(printed.includes(SECRET))
    }
  })
}
