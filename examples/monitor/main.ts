import fastify from 'fastify'
import { bucketsIn, countIn, ERROR_CLASSES, quantileOf } from '@plimsoll/core'
import type { Frame } from '@plimsoll/core'
import monitor from '@plimsoll/monitor'

const app = fastify()
app.register(monitor)

app.get('/items/:id', async (request) => {
  const { id } = request.params as { id: string }
  return await app.monitor.timer('lookup').time(async () => {
    await new Promise((resolve) => { setTimeout(resolve, Number(id)) })
    return { id }
  })
})
app.post('/orders', async () => {
  app.monitor.counter('orders', 'Orders taken').add()
  throw new Error('the warehouse is on fire')
})

const url = await app.listen({ host: '127.0.0.1', port: 0 })

// One frame a second for whoever subscribes: an alert rule, a page, this program.
const first = Promise.withResolvers<Frame>()
app.plimsoll.frames.subscribe(first.resolve)

for (const id of [1, 2, 4, 8, 16, 32]) await fetch(`${url}/items/${id}`)
await fetch(`${url}/orders`, { method: 'POST' })
await fetch(`${url}/nowhere`)
// A client that doesn't wait: Fastify's onResponse would count it as 200, or never.
await fetch(`${url}/items/300`, { signal: AbortSignal.timeout(20) }).catch(() => {})

const frame = await first.promise
for (const { method, route, classes } of frame.routes) {
  const ended = Object.entries(classes).map(([name, { count }]) => `${count} ${name}`).join(', ')
  console.log(`${method} ${route}: ${ended}; ${countIn(classes, ERROR_CLASSES)} errors, P99 ${quantileOf(bucketsIn(classes), 0.99).toFixed(0)} ms`)
}
console.log('upstreams:', frame.upstreams.map(({ origin, classes }) => `${origin === url ? 'this service' : origin} ${countIn(classes)} calls`).join())
console.log('figures:', frame.figures.map(({ name, value }) => `${name} ${value}`).join(', '))
console.log('slowest:', frame.slow[0]?.route, frame.slow[0]?.outcome)

// What Prometheus would scrape, with the admin surface's /metrics or any registry of yours.
for await (const text of app.plimsoll.metrics.render()) {
  for (const line of text.split('\n')) if (/^(plimsoll_monitor_requests_total|app_orders_total)/.test(line)) console.log(line)
}
await app.close()
