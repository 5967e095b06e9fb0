// One instance of a cluster of processes: told by its parent when its rule holds, tells its parent what it knows.
import plimsoll from '@plimsoll/core'
import Fastify from 'fastify'
import redisCoordinator from '../../../redis-coordinator/src/index.ts'
import alerts from '../../src/index.ts'

const [id = '', redisUrl = '', hookUrl = ''] = process.argv.slice(2)
let bad = false
process.on('message', message => { bad = message === 'bad' })

const app = Fastify()
app.register(plimsoll, { coordinator: { id, timings: { ttlMs: 2000 } } })
app.register(redisCoordinator, { url: redisUrl, namespace: 'alerts', firstUse: true })
app.register(alerts, {
  service: 'shop',
  log: false,
  groupWaitMs: 2000,
  groupIntervalMs: 1000,
  customRules: [{ name: 'bad', keepFiringForMs: 0, coolDownMs: 0, evaluate: () => bad }],
  notifiers: [{ type: 'webhook', url: hookUrl, secret: 'sixteen characters', timeoutMs: 3000 }]
})
await app.ready()
setInterval(() => process.send?.({ voice: app.alerts.voice, firing: app.alerts.firing({ cluster: true }).length }), 100)
process.on('disconnect', () => process.exit())
