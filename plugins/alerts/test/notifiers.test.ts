import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { makeNotifier } from '../src/notifier-options.ts'
import type { NotifierOptions, NotifierValues } from '../src/notifier-options.ts'
import { Undelivered } from '../src/notifiers/notifier.ts'
import { slackMessage } from '../src/notifiers/slack.ts'
import { alertsOptions } from '../src/options.ts'
import { notification, record } from './records.ts'

interface Received { readonly url: string, readonly headers: IncomingHttpHeaders, readonly body: string }

async function receiver (t: { teardown (task: () => unknown): void }, answer: (server: Server, attempt: number) => readonly [status: number, headers?: Record<string, string>]): Promise<{ readonly url: string, readonly received: Received[] }> {
  const received: Received[] = []
  const server = createServer((req, res) => {
    text(req).then(body => {
      received.push({ url: req.url ?? '', headers: req.headers, body })
      const [status, headers = {}] = answer(server, received.length)
      res.writeHead(status, headers).end('whatever')
    })
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => { server.closeAllConnections(); server.close() })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received }
}

function valuesOf (options: NotifierOptions): NotifierValues {
  const [values] = alertsOptions.resolve({ notifiers: [options] }).values.notifiers
  if (values === undefined) throw new Error('no notifier')
  return values
}

async function failureOf (promise: Promise<void>): Promise<Undelivered> {
  const failure = await promise.then(() => undefined, (error: unknown) => error)
  if (failure instanceof Undelivered) return failure
  throw new Error(`not Undelivered: ${String(failure)}`)
}

const NOW = Date.UTC(2026, 0, 1)
const SIGNAL = new AbortController().signal

t.test('a webhook gets the notification, signed as Standard Webhooks say', async t => {
  const { url, received } = await receiver(t, () => [204])
  const secret = `whsec_${Buffer.from('a key of enough bytes').toString('base64')}`
  const given = notification()
  await makeNotifier(valuesOf({ type: 'webhook', url, secret, headers: { authorization: 'Bearer x' } }), () => NOW).send(given, SIGNAL)
  const none: Received = { url: '', headers: {}, body: '' }
  const [{ headers, body } = none] = received
  t.same(JSON.parse(body), given)
  t.equal(headers['webhook-signature'], `v1,${createHmac('sha256', 'a key of enough bytes').update(`${given.id}.${NOW / 1000}.${body}`).digest('base64')}`)
  t.match(headers, { 'webhook-id': given.id, 'webhook-timestamp': String(NOW / 1000), 'x-plimsoll-fingerprint': given.fingerprint, authorization: 'Bearer x', 'content-type': 'application/json' })
})

t.test('without a secret it is not signed; a plain secret is taken as it is', async t => {
  const { url, received } = await receiver(t, () => [200])
  await makeNotifier(valuesOf({ type: 'webhook', url }), () => NOW).send(notification(), SIGNAL)
  await makeNotifier(valuesOf({ type: 'webhook', url, secret: 'sixteen characters' }), () => NOW).send(notification(), SIGNAL)
  t.notOk(received[0]?.headers['webhook-signature'])
  t.equal(received[1]?.headers['webhook-signature'], `v1,${createHmac('sha256', 'sixteen characters').update(`${notification().id}.${NOW / 1000}.${received[1]?.body}`).digest('base64')}`)
})

t.test('what is answered decides whether it is tried again, and when', async t => {
  const answers: ReadonlyArray<readonly [status: number, headers: Record<string, string>, permanent: boolean, retryAfterMs: number | undefined]> = [
    [500, {}, false, undefined], [503, { 'retry-after': '7' }, false, 7000], [429, { 'retry-after': '99999' }, false, 300_000], [408, {}, false, undefined],
    [404, {}, true, undefined], [302, { location: '/elsewhere' }, true, undefined], [503, { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }, false, undefined]
  ]
  const { url, received } = await receiver(t, (_server, attempt) => [answers[attempt - 1]?.[0] ?? 200, answers[attempt - 1]?.[1] ?? {}])
  for (const [status, , permanent, retryAfterMs] of answers) {
    const failure = await failureOf(makeNotifier(valuesOf({ type: 'webhook', url }), () => NOW).send(notification(), SIGNAL))
    t.same([failure.message, failure.permanent, failure.retryAfterMs], [`it answered ${status}`, permanent, retryAfterMs])
  }
  t.equal(received.length, answers.length, 'a redirect is not followed')
})

t.test('a receiver that is not there is an error, and one that hangs obeys the signal', async t => {
  const { url } = await receiver(t, server => { server.closeAllConnections(); return [200] })
  await t.rejects(makeNotifier(valuesOf({ type: 'webhook', url }), () => NOW).send(notification(), SIGNAL))
  await t.rejects(makeNotifier(valuesOf({ type: 'webhook', url }), () => NOW).send(notification(), AbortSignal.abort()))
})

t.test('Slack gets a message with the colour of its severity, and no text of ours becomes a link', async t => {
  const { url, received } = await receiver(t, () => [200])
  const alerts = [record({ severity: 'critical', summary: 'route <script>&x' }), ...Array.from({ length: 70 }, (_, index) => record({ instance: `i${index}` }))]
  await makeNotifier(valuesOf({ type: 'slack', url }), () => NOW).send(notification({ alerts, explains: ['error-rate-spike'], repeat: 2 }), SIGNAL)
  const message = JSON.parse(received[0]?.body ?? '')
  t.equal(message.text, '[FIRING] shop: mails on 71 instances (still, reminder 2)')
  t.match(message.attachments[0], { color: '#d00000', text: /route &lt;script&gt;&amp;x\n[^]*… and 61 more\nExplains: error-rate-spike\n_Look\._$/ })
  t.match(slackMessage(notification({ status: 'resolved', alerts: [record({ status: 'resolved' })] })), { text: '[RESOLVED] shop: mails', attachments: [{ color: '#2eb67d', text: '• `a` two mails wait' }] })
})

t.test('a function is called; what it throws is a failed attempt', async t => {
  const told: string[] = []
  const notifier = makeNotifier(valuesOf({ type: 'function', notify: ({ title }) => { told.push(title) }, name: 'mine' }), () => NOW)
  await notifier.send(notification({ test: true }), SIGNAL)
  t.same(told, ['[TEST] [FIRING] shop: mails'])
  t.equal(notifier.name, 'mine')
  await t.rejects(makeNotifier(valuesOf({ type: 'function', notify () { throw new Error('no') } }), () => NOW).send(notification(), SIGNAL))
})

t.test('a notification lists fifty alerts and counts the rest; its id is of its content', async t => {
  const alerts = Array.from({ length: 60 }, (_, index) => record({ instance: `i${index}`, startsAt: 100 + index }))
  const many = notification({ alerts })
  t.match({ listed: many.alerts.length, more: many.more, startsAt: many.startsAt, endsAt: many.endsAt }, { listed: 50, more: 10, startsAt: 100, endsAt: null })
  t.equal(many.id, notification({ alerts: [...alerts].reverse() }).id)
  t.not(many.id, notification({ alerts, repeat: 1 }).id)
  t.equal(many.fingerprint, notification({ status: 'resolved' }).fingerprint)
  t.equal(notification({ status: 'resolved', alerts: [record({ status: 'resolved', endsAt: 70 }), record()] }).endsAt, 70)
})
