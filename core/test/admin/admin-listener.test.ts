import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { bearerAuth } from '../../src/admin/bearer-auth.ts'
import { operatorSetup } from './operator-setup.ts'

const auth = bearerAuth({ tokens: [{ token: 'viewer-viewer-viewer', user: 'vic', role: 'viewer' }] })

async function isRefused (address: string): Promise<boolean> {
  const socket = connect(Number(new URL(address).port), '127.0.0.1')
  try {
    await once(socket, 'connect')
    return false
  } catch {
    return true
  } finally {
    socket.destroy()
  }
}

t.test('a listener of its own serves the surface, and the application does not', async (t) => {
  const { app, admin } = operatorSetup({ port: 0, auth })
  t.equal(admin.address, undefined)
  await app.ready()
  t.equal(admin.prefix, '')
  const address = admin.address ?? ''
  t.match(address, /^http:\/\/127\.0\.0\.1:\d+$/)
  t.equal((await fetch(`${address}/readyz`)).status, 200)
  t.equal((await fetch(`${address}/metrics`)).status, 401)
  const metrics = await fetch(`${address}/metrics`, { headers: { authorization: 'Bearer viewer-viewer-viewer' } })
  t.match(await metrics.text(), /plimsoll_core_metric_failures_total 0/)
  const unknown = await fetch(`${address}/nothing`)
  t.equal(unknown.status, 404)
  t.equal(unknown.headers.get('x-frame-options'), 'DENY')
  t.equal((await app.inject('/plimsoll/readyz')).statusCode, 404)
  t.equal((await app.inject('/readyz')).statusCode, 404)
  await app.close()
  t.equal(await isRefused(address), true)
  t.equal(admin.address, undefined)
})

t.test('it closes with the application, also with connections open, and when the application never listened', async (t) => {
  const { app, admin } = operatorSetup({ port: 0, host: 'localhost', auth })
  await app.ready()
  const address = admin.address ?? ''
  const socket = connect(Number(new URL(address).port), '127.0.0.1')
  await once(socket, 'connect')
  const closed = once(socket, 'close')
  socket.on('error', () => {})
  await app.close()
  await closed
  t.equal(await isRefused(address), true)
})

t.test('an application that is closed before it was ready never listens', async (t) => {
  const { app, admin } = operatorSetup({ port: 0, auth })
  await app.close()
  t.equal(admin.address, undefined)
})

t.test('a port in use is a coded error that names it', async (t) => {
  const blocker = createServer().listen(0, '127.0.0.1')
  await once(blocker, 'listening')
  t.teardown(() => blocker.close())
  const { port } = blocker.address() as AddressInfo
  const { app } = operatorSetup({ port, auth })
  await t.rejects(async () => await app.ready(), { code: 'PLM_CORE_ADMIN_LISTEN', message: new RegExp(`127\\.0\\.0\\.1:${port}.*EADDRINUSE`) })
  await app.close()
})
