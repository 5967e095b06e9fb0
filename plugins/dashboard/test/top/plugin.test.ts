import t from 'tap'
import plimsoll from '@plimsoll/core'
import Fastify from 'fastify'
import { addDashboard } from '../../src/add-dashboard.ts'
import { auth, VIEWER } from '../app.ts'
import { run } from './run.ts'

t.setTimeout(120_000)

t.test('it shows what the plugin says, on real sockets and in real seconds', async (t) => {
  const app = Fastify({ forceCloseConnections: true })
  app.register(plimsoll, { admin: { prefix: '/ops', auth } })
  app.register(async (child) => { addDashboard(child, {}, undefined) })
  app.get('/', async () => 'here')
  t.teardown(() => app.close())
  const url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/ops`
  await app.inject('/')

  const stranger = run(t, ['--once', url])
  t.equal(await stranger.code, 1)
  t.match(stranger.complaints(), /wants to know who you are/)
  const elsewhere = run(t, ['--once', '--token', VIEWER, `${url}/nowhere`])
  t.equal(await elsewhere.code, 1)
  t.match(elsewhere.complaints(), /there is no dashboard at/)

  const json = run(t, ['--once', '--token', VIEWER, `${url}/dashboard/`])
  t.equal(await json.code, 0, json.complaints())
  const { of, instances, components } = JSON.parse(json.out.written)
  t.match({ of, instances, components }, { of: 'all', instances: [{ self: true, state: 'live' }] })
  t.ok(components.some(({ kind }: { readonly kind: string }) => kind === 'dashboard'))
  const text = run(t, ['--once', '--text', '--instance', instances[0].instance, '--token', VIEWER, url])
  t.equal(await text.code, 0, text.complaints())
  t.match(text.out.written, /req\/s.*\n[^]*COMPONENTS/)
  const check = run(t, ['--check', '--token', VIEWER, url])
  t.ok([0, 1, 2].includes(await check.code), 'a busy machine may well be a warning')
  t.match(check.out.written, /^PLIMSOLL \w+ - .* \| requests=/)
})
