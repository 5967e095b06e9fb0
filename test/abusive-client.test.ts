import { setTimeout as delay } from 'node:timers/promises'
import circuitBreaker from '@plimsoll/circuit-breaker'
import loadShedder from '@plimsoll/load-shedder'
import rateLimiter from '@plimsoll/rate-limiter'
import Fastify from 'fastify'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import t from 'tap'

/** What a client may send in the time of this test; it comes back too slowly to matter. */
const LIMIT = 20
/** Room for all customers, and for what one client may send at once. */
const GATE = 64
const ABUSE = 400
const HOUR_MS = 3_600_000
const CUSTOMERS = 10
const ORDERS = 12

interface Service {
  readonly app: FastifyInstance
  readonly url: string
  /** Requests that reached the handler, by client. */
  readonly handled: Map<string, number>
  send (client: string, path?: string): Promise<number>
}

const clientOf = (request: FastifyRequest): string => String(request.headers['x-client'])

/** Limiter, shedder and breaker together, registered in an order that says nothing. */
async function service (t: { teardown (task: () => unknown): void }, limited: boolean = true): Promise<Service> {
  const app = Fastify({ forceCloseConnections: true })
  t.teardown(() => app.close())
  const handled = new Map<string, number>()
  app.addHook('preHandler', async request => { handled.set(clientOf(request), (handled.get(clientOf(request)) ?? 0) + 1) })
  app.register(circuitBreaker, { consecutiveFailures: 3, waitDurationInOpenState: HOUR_MS })
  app.register(loadShedder, { strategy: 'priority', limit: GATE })
  app.register(rateLimiter, { key: { header: 'x-client' }, limit: LIMIT, windowMs: HOUR_MS, enabled: limited })
  app.get('/orders', async () => {
    await delay(3)
    return 'ok'
  })
  app.get('/orders/:id', { config: { circuitBreaker: { key: clientOf } } }, async request => {
    if (clientOf(request) === 'abuser') throw new Error('its own data breaks it')
    return 'ok'
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const send = async (client: string, path = '/orders'): Promise<number> => {
    const response = await fetch(url + path, { headers: { 'x-client': client } })
    await response.text()
    return response.status
  }
  return { app, url, handled, send }
}

/** Each status with the number of answers that had it. */
function counted (statuses: readonly number[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

async function customersOrder ({ send }: Service, path?: string): Promise<number[]> {
  const all = await Promise.all(Array.from({ length: CUSTOMERS }, async (_, id) => {
    const statuses: number[] = []
    for (let i = 0; i < ORDERS; i++) statuses.push(await send(`customer-${id}`, path))
    return statuses
  }))
  return all.flat()
}

t.test('an abusive client gets 429s, takes no more than its share of the gate, and costs the others nothing', async t => {
  const shop = await service(t)
  const [abuse, orders] = await Promise.all([
    Promise.all(Array.from({ length: ABUSE }, () => shop.send('abuser'))),
    customersOrder(shop)
  ])
  t.strictSame(counted(abuse), { 200: LIMIT, 429: ABUSE - LIMIT })
  t.strictSame(counted(orders), { 200: CUSTOMERS * ORDERS })
  t.equal(shop.handled.get('abuser'), LIMIT)
  const { stats } = shop.app.loadShedder.gate
  const started = stats.started.reduce((sum, count) => sum + count, 0)
  t.equal(started, LIMIT + CUSTOMERS * ORDERS, 'what was over the limit never took a place in the gate')
})

t.test('the control: without the limiter the same client takes many times as much of the gate', async t => {
  const shop = await service(t, false)
  const [abuse] = await Promise.all([
    Promise.all(Array.from({ length: ABUSE }, () => shop.send('abuser'))),
    customersOrder(shop)
  ])
  t.equal(counted(abuse)[429], undefined)
  t.ok((shop.handled.get('abuser') ?? 0) > 3 * LIMIT)
})

t.test('a client whose requests fail opens its own circuit, and is refused by whatever is first to refuse it', async t => {
  const shop = await service(t)
  const abuse: number[] = []
  for (let i = 0; i < 40; i++) abuse.push(await shop.send('abuser', '/orders/7'))
  t.strictSame(abuse.slice(0, 3), [500, 500, 500])
  t.strictSame(counted(abuse), { 500: 3, 503: LIMIT - 3, 429: 40 - LIMIT })
  t.equal(shop.handled.get('abuser'), 3)
  t.strictSame(counted(await customersOrder(shop, '/orders/7')), { 200: CUSTOMERS * ORDERS })
  const { gate } = shop.app.loadShedder
  t.strictSame([gate.inFlight, gate.queued], [0, 0], 'what a circuit refused gave its place in the gate back')
  t.strictSame([...shop.app.circuitBreakers.notClosed()].map(({ name }) => name), ['GET /orders/:id/abuser'])
  const breaker = shop.app.circuitBreakers.get('GET /orders/:id/abuser')
  t.equal(breaker.stats.fires, LIMIT, 'what was over the limit never asked the circuit')
})
