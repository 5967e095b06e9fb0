import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolveTimings, systemClock } from '@plimsoll/core'
import { Cluster, Redis } from 'ioredis'
import t from 'tap'
import { findService, freePort, skipWithout, startRedis } from '../../../tools/services.ts'
import { launch } from '../../../tools/services/running.ts'
import { runConsole } from '../src/console/run.ts'
import { createDriver } from '../src/index.ts'
import type { RedisCoordinatorOptions } from '../src/index.ts'
import { until } from './until.ts'

const SECRET = 'hunted-5ecret'

/** Everything that must work over a connection: writes, reads, messages. */
async function works (options: RedisCoordinatorOptions): Promise<void> {
  const driver = createDriver({ firstUse: true, ...options }, { clock: systemClock, timings: resolveTimings({ ttlMs: 2_000 }), journal: { record: () => {} } })
  try {
    const seen: string[] = []
    driver.watch(({ changes }) => { for (const { key } of changes) seen.push(key) })
    driver.subscribe((channel) => { seen.push(channel) })
    await until('the connection', () => driver.connect(AbortSignal.timeout(60_000)).then(() => true, (error: unknown) => {
      if (String(error).includes('isn\'t ready') || String(error).includes('UNREACHABLE')) return false
      throw error
    }))
    await until('messages', async () => {
      const { ok } = await driver.commit({ id: `op${Math.random()}`, checks: [], operations: [{ put: 'k', value: Buffer.from('v') }] })
      if (!ok) throw new Error('the commit was refused')
      await driver.broadcast('news', new Uint8Array())
      return seen.includes('k') && seen.includes('news')
    })
    const entry = await driver.get('k')
    if (entry === undefined || Buffer.from(entry.value).toString() !== 'v') throw new Error('the value is another')
  } finally {
    await driver.close()
  }
}

/** What the console prints, or why it does not. */
async function status (...argv: string[]): Promise<string> {
  let text = ''
  const print = (more: string): void => { text += more }
  await runConsole(['status', ...argv], { environment: {}, out: print, error: print })
  return text
}

async function connectOnce (options: RedisCoordinatorOptions): Promise<void> {
  const driver = createDriver(options, { clock: systemClock, timings: resolveTimings(), journal: { record: () => {} } })
  await driver.connect(AbortSignal.timeout(60_000)).finally(() => driver.close())
}

if (!await skipWithout(t, 'redis-server')) {
  t.test('a password, an ACL user of few rights, a database and a Unix socket', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'plimsoll-redis-'))
    const socket = join(folder, 's')
    const redis = await startRedis({ args: ['--requirepass', SECRET, '--unixsocket', socket] })
    t.teardown(async () => {
      await redis.stop()
      rmSync(folder, { recursive: true })
    })
    const admin = new Redis({ port: redis.port, password: SECRET })
    t.teardown(() => admin.disconnect())
    // The rights that the README names.
    await admin.acl('SETUSER', 'app', 'on', `>${SECRET}`, '~plimsoll:*', '&plimsoll:*', '-@all', '+@hash', '+@sortedset', '+@list', '+@set', '+@scripting', '+@pubsub', '+@connection', '+unlink', '+pexpire', '+time', '+exists')
    await works({ url: `redis://:${SECRET}@127.0.0.1:${redis.port}` })
    await works({ url: `redis://app:${SECRET}@127.0.0.1:${redis.port}/0` })
    await works({ url: `redis://127.0.0.1:${redis.port}`, username: 'app', password: SECRET, namespace: 'other' })
    await works({ url: socket, password: SECRET, db: 3 })
    await admin.select(3)
    t.equal(await admin.exists('plimsoll:{default}:meta'), 1, 'in the database that was asked for')
    await t.rejects(works({ url: `redis://:wrong${SECRET}@127.0.0.1:${redis.port}` }), /PLM_REDIS_COORDINATOR_WRONG_PASSWORD/)
    await t.rejects(works({ url: `redis://127.0.0.1:${redis.port}` }), /PLM_REDIS_COORDINATOR_WRONG_PASSWORD/)
    await t.rejects(works({ url: `redis://app:${SECRET}@127.0.0.1:${redis.port}`, keyPrefix: 'not-allowed:' }), /PLM_REDIS_COORDINATOR_FORBIDDEN/)
  })

  t.test('a client of the application: its settings, for connections beside it', async (t) => {
    const redis = await startRedis({ args: ['--requirepass', SECRET] })
    t.teardown(() => redis.stop())
    const client = new Redis({ port: redis.port, password: SECRET, keyPrefix: 'mine:' })
    t.teardown(() => client.disconnect())
    await works({ client })
    t.equal(await client.exists('plimsoll:{default}:meta'), 1)
    t.equal(await client.ping(), 'PONG', 'it is not closed')
  })

  t.test('a Cluster: by its nodes, and as a client', async (t) => {
    const redis = await startRedis({ args: ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'] })
    t.teardown(() => redis.stop())
    const admin = new Redis(redis.port, '127.0.0.1')
    t.teardown(() => admin.disconnect())
    await admin.cluster('ADDSLOTSRANGE', 0, 16_383)
    await until('the cluster', async () => String(await admin.cluster('INFO')).includes('cluster_state:ok'))
    await works({ cluster: [{ host: '127.0.0.1', port: redis.port }] })
    const client = new Cluster([{ host: '127.0.0.1', port: redis.port }])
    t.teardown(() => client.disconnect())
    await works({ client, namespace: 'client' })
    await t.resolveMatch(status('--url', `redis://127.0.0.1:${redis.port}`, '--cluster', '--namespace', 'client'), /namespace client/)
  })

  t.test('the primary that a Sentinel names', async (t) => {
    const redis = await startRedis()
    t.teardown(() => redis.stop())
    const sentinel = await launch({
      program: await findService('redis-server'),
      args: (port, folder) => {
        const file = join(folder, 'sentinel.conf')
        writeFileSync(file, `port ${port}\nbind 127.0.0.1\nsentinel monitor shop 127.0.0.1 ${redis.port} 1\n`)
        return [file, '--sentinel']
      },
      isReady: async (port) => {
        const client = new Redis({ port, lazyConnect: true, retryStrategy: null })
        client.on('error', () => {})
        return await client.connect().then(() => true, () => false).finally(() => client.disconnect())
      }
    })
    t.teardown(() => sentinel.stop())
    await works({ sentinels: [{ host: '127.0.0.1', port: sentinel.port }], sentinelName: 'shop' })
    await t.resolveMatch(status('--url', `redis://127.0.0.1:${sentinel.port}`, '--sentinel', 'shop'), /namespace default/)
  })

  t.test('TLS with a certificate of one\'s own', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'plimsoll-tls-'))
    t.teardown(() => rmSync(folder, { recursive: true }))
    const key = join(folder, 'key.pem')
    const cert = join(folder, 'cert.pem')
    try {
      execFileSync(process.env['OPENSSL'] ?? 'openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'], { stdio: 'ignore' })
    } catch {
      t.pass('needs openssl', { skip: 'openssl is not on PATH' })
      return
    }
    const tlsPort = await freePort()
    const redis = await startRedis({ args: ['--tls-port', String(tlsPort), '--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert, '--tls-auth-clients', 'no'] })
    t.teardown(() => redis.stop())
    const ca = readFileSync(cert)
    await works({ url: `rediss://localhost:${tlsPort}`, tls: { ca } })
    await t.rejects(connectOnce({ url: `rediss://localhost:${tlsPort}` }), /self.signed certificate/)
  })
}
