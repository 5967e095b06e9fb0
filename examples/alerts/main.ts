import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import alerts, { type AlertRule, type Notification } from '@plimsoll/alerts'
import plimsoll from '@plimsoll/core'
import fastify from 'fastify'

const secret = 'a secret of sixteen characters or more'

/** Whoever is told: checks the signature, deduplicates by fingerprint and status, and fails once, as networks do. */
const seen = new Set<string>()
let requests = 0
const receiver = createServer((req, res) => { receive(req).then(status => res.writeHead(status).end()) })
await new Promise<void>(resolve => { receiver.listen(0, '127.0.0.1', resolve) })

async function receive (req: IncomingMessage): Promise<number> {
  const body = await text(req)
  if (++requests === 1) return 503
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = req.headers
  const expected = `v1,${createHmac('sha256', secret).update(`${String(id)}.${String(timestamp)}.${body}`).digest('base64')}`
  if (!timingSafeEqual(Buffer.from(expected), Buffer.from(String(signature)))) return 401
  const notification: Notification = JSON.parse(body)
  const key = `${notification.fingerprint} ${notification.status} ${notification.startsAt}`
  if (!seen.has(key)) console.log(notification.title, '|', notification.alerts[0]?.summary)
  seen.add(key)
  return 200
}

let mails = 0
const queueLong: AlertRule = {
  name: 'mail-queue-long',
  severity: 'critical',
  forMs: 1000,
  keepFiringForMs: 1000,
  runbook: 'Is the mail server up? Mails are not lost: they go out when it is.',
  evaluate: () => ({ active: mails > 100, value: mails, threshold: 100, summary: `${mails} mails wait` })
}

const app = fastify()
// Local and short-lived, so anybody may do anything; a real service gives `bearerAuth({ tokens })` or a function of its own.
app.register(plimsoll, { admin: { prefix: '/plimsoll', auth: () => ({ user: 'example', role: 'operator' }) } })
app.register(alerts, {
  service: 'post-office',
  log: false,
  customRules: [queueLong],
  slo: [{ name: 'availability', objective: 0.999 }],
  rules: { 'rps-drop': false, 'memory-usage': { threshold: 0.9 } },
  groupWaitMs: 0,
  notifiers: [{ type: 'webhook', url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`, secret }]
})
const url = await app.listen({ host: '127.0.0.1', port: 0 })

mails = 250
await until(() => seen.size === 1)
mails = 0
await until(() => seen.size === 2)
const { snapshot } = await (await fetch(`${url}/plimsoll/components/alerts/alerts`)).json() as { snapshot: { notifiers: unknown } }
console.log('notifiers', JSON.stringify(snapshot.notifiers))
await app.close()
receiver.close()

async function until (condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => { setTimeout(resolve, 50) })
}
