import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Coordinator } from '@plimsoll/core'
import t from 'tap'
import type { Test } from 'tap'
import { measured } from '../../../tools/measured-process.ts'
import { skipWithout, startRedis } from '../../../tools/services.ts'
import { runConsole } from '../src/console/run.ts'
import { redisStore } from './store.ts'
import type { TestStore } from './store.ts'
import { until } from './until.ts'

interface Ran { readonly code: number, readonly out: string, readonly error: string }

if (!await skipWithout(t, 'redis-server')) {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const url = `redis://127.0.0.1:${redis.port}`

  const onNamespace = (name: string, test: (t: Test, run: (...argv: string[]) => Promise<Ran>, coordinator: Coordinator, store: TestStore) => Promise<void>): void => {
    t.test(name, async (t) => {
      const store = await redisStore(redis.port, { ttlMs: 2_000 })
      const coordinator = new Coordinator({ id: 'one\u001b[31m', driver: store.driver(), timings: { ttlMs: 2_000 } })
      t.teardown(async () => {
        await coordinator.close()
        await store.close()
      })
      await coordinator.connect()
      const run = async (...argv: string[]): Promise<Ran> => {
        let out = ''
        let error = ''
        const code = await runConsole([...argv, '--namespace', store.namespace.name], {
          environment: { PLIMSOLL_REDIS_URL: url },
          out: (text) => { out += text },
          error: (text) => { error += text }
        })
        return { code, out, error }
      }
      await test(t, run, coordinator, store)
    })
  }

  onNamespace('status shows the server, the namespace and the instances, and no control characters', async (t, run, coordinator, store) => {
    await until('the registration', async () => (await coordinator.instances()).length === 1)
    const { code, out } = await run('status')
    t.equal(code, 0)
    t.match(out, /Redis \d+\.\d+\.\d+, without an append-only file/)
    t.match(out, /one\?\[31m +\{"status":"ok"\}/)
    t.notOk(out.includes('\u001b'))
    const { out: json } = await run('status', '--json')
    t.match(JSON.parse(json), { namespace: store.namespace.name, quarantineMs: 0, instances: [{ id: 'one\u001b[31m' }] })
    await store.client.hset(store.namespace.meta, 'calm', Date.now() + 60_000)
    await store.client.config('SET', 'maxmemory', '100mb', 'maxmemory-policy', 'allkeys-lru')
    t.teardown(() => store.client.config('SET', 'maxmemory', '0', 'maxmemory-policy', 'noeviction'))
    const { out: full } = await run('status')
    t.match(full, /in quarantine for \d+ ms/)
    t.match(full, /DELETES KEYS when it is full \(allkeys-lru\)/)
  })

  onNamespace('leaders shows who leads; release ends it, and its holder is told', async (t, run, coordinator) => {
    const stop = new AbortController()
    const terms: AbortSignal[] = []
    const running = coordinator.elect('nightly report').run(async ({ signal }) => {
      terms.push(signal)
      await new Promise((resolve) => { signal.addEventListener('abort', resolve) })
    }, { signal: stop.signal })
    await until('the leader', () => terms.length === 1)
    // Its watch is there: only what it has shown can be seen to go.
    const probes = coordinator.watch('probe')
    const probed = probes.next()
    await until('its watch', async () => {
      await coordinator.set('probe', 1)
      return await Promise.race([probed.then(() => true), new Promise<boolean>((resolve) => { setTimeout(resolve, 20, false) })])
    })
    await probes.return()
    const { out } = await run('leaders')
    t.match(out, /nightly report +one\?\[31m +\d{13}/)
    t.match(JSON.parse((await run('leaders', '--json')).out), [{ election: 'nightly report', id: 'one\u001b[31m', epoch: Number }])
    t.same(await run('release', 'nightly report'), { code: 0, out: 'released\n', error: '' })
    await until('the next term', () => terms.length === 2)
    t.equal(terms[0]?.aborted, true)
    stop.abort()
    await running
    t.same(await run('release', 'nightly report'), { code: 1, out: 'nobody leads\n', error: '' })
    t.same(await run('leaders'), { code: 0, out: 'none\n', error: '' })
  })

  onNamespace('shares shows who holds how many permits', async (t, run, coordinator) => {
    const share = coordinator.capacity('db', { total: 7 })
    await until('the share', () => share.granted === 7)
    share.tryAcquire()
    share.want(5)
    await until('less', () => share.granted === 5)
    const { out } = await run('shares')
    t.match(out, /db +5 +7\n +5 +5 +1 +one/)
    t.match(JSON.parse((await run('shares', '--json')).out), [{ name: 'db', granted: 5, total: 7, holders: [{ granted: 5, wants: 5, inUse: 1 }] }])
  })

  onNamespace('queues and dead letters are shown, and put back one by one or all', async (t, run, coordinator) => {
    const queue = coordinator.queue<string>('mails', { maxAttempts: 1 })
    await queue.push(['a', 'b', 'c'])
    for (const delivery of await queue.claim(3)) await delivery.release()
    await queue.claim(1)
    const { out } = await run('queues')
    t.match(out, /mails +0 +0 +0 +3/)
    t.match((await run('dead-letters', 'mails')).out, /id +attempts +body\n.* 1 +"?"a"/)
    const dead: readonly { readonly id: string }[] = JSON.parse((await run('dead-letters', 'list', 'mails', '--json')).out)
    t.equal(dead.length, 3)
    t.equal(JSON.parse((await run('dead-letters', 'mails', '--limit', '2', '--json')).out).length, 2)
    t.same(await run('dead-letters', 'requeue', 'mails', String(dead[0]?.id)), { code: 0, out: '1 put back\n', error: '' })
    t.same(await run('dead-letters', 'requeue', 'mails', String(dead[0]?.id)), { code: 1, out: '0 put back\n', error: '' })
    t.same(await run('dead-letters', 'requeue', 'mails', '--all', '--json'), { code: 0, out: '{"requeued":2}\n', error: '' })
    t.match(await queue.stats(), { ready: 3, dead: 0 })
    t.match(JSON.parse((await run('queues', '--json')).out), [{ name: 'mails', ready: 3 }])
  })

  onNamespace('what is no record of ours is shown by its key alone; a user who may ask little sees less', async (t, run, coordinator, store) => {
    const { driver } = coordinator.link
    const operations = ['in/%E0%A4%A', 'el/%E0%A4%A/leader', 'el/list/leader', 'el/null/leader'].map((put, i) => ({ put, value: Buffer.from(['no JSON', 'no JSON', '[]', 'null'][i] ?? '') }))
    await driver.commit({ id: 'odd', checks: [], operations })
    const { out } = await run('leaders')
    t.match(out, /^el\/%E0%A4%A +- +- +-$/m)
    t.match(out, /^list +-/m)
    await store.client.acl('SETUSER', 'guest', 'on', '>guest', '~plimsoll:*', '&plimsoll:*', '+@all', '-info')
    let text = ''
    const print = (more: string): void => { text += more }
    t.equal(await runConsole(['status', '--url', `redis://guest:guest@127.0.0.1:${redis.port}`, '--namespace', store.namespace.name], { environment: {}, out: print, error: print }), 0)
    t.match(text, /Redis of unknown version/)
    await store.client.config('SET', 'appendonly', 'yes')
    t.teardown(() => store.client.config('SET', 'appendonly', 'no'))
    t.match((await run('status')).out, /, with an append-only file/)
  })

  t.test('a namespace that was never used is an error, and is not made', async (t) => {
    let error = ''
    const code = await runConsole(['status', '--url', url, '--namespace', 'typo', '--key-prefix', 'p:'], { environment: {}, out: () => {}, error: (text) => { error += text } })
    t.equal(code, 1)
    t.match(error, /The namespace typo has never been used/)
    const store = await redisStore(redis.port)
    t.equal(await store.client.exists('p:plimsoll:{typo}:meta'), 0)
    await store.close()
  })

  t.test('a Redis that is away, and an error of Redis, are one line and exit code 1', async (t) => {
    const errors: string[] = []
    const ports = { environment: {}, out: () => {}, error: (text: string) => { errors.push(text) } }
    t.equal(await runConsole(['status', '--url', 'redis://127.0.0.1:1'], ports), 1)
    const store = await redisStore(redis.port)
    await store.client.set(`plimsoll:{${store.namespace.name}}:queues`, 'a string')
    t.equal(await runConsole(['queues', '--url', url, '--namespace', store.namespace.name], ports), 1)
    await store.close()
    t.match(errors, [/ECONNREFUSED/, /WRONG_TYPE/])
    t.ok(errors.every((line) => line.indexOf('\n') === line.length - 1))
  })

  t.test('it runs as a program, and ends by itself', async (t) => {
    const store = await redisStore(redis.port)
    t.teardown(() => store.close())
    const main = fileURLToPath(new URL('../src/console/main.ts', import.meta.url))
    const run = promisify(execFile)
    const env = { ...process.env, ...measured }
    const { stdout } = await run(process.execPath, ['--conditions=plimsoll:source', main, 'leaders', '--url', url, '--namespace', store.namespace.name], { env })
    t.equal(stdout, 'none\n')
    await t.rejects(run(process.execPath, ['--conditions=plimsoll:source', main, 'nonsense'], { env }), { code: 2, stderr: /there is no command nonsense/ })
  })
}
