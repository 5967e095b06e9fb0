import type { AddressInfo } from 'node:net'
import alerts from '@plimsoll/alerts'
import plimsoll, { bearerAuth } from '@plimsoll/core'
import dashboard from '@plimsoll/dashboard'
import type { View } from '@plimsoll/dashboard'
import monitor from '@plimsoll/monitor'
import fastify from 'fastify'

const token = 'from-the-environment-please'

const app = fastify({ forceCloseConnections: 'idle' })
app.register(monitor)
app.register(alerts, { log: false })
app.register(plimsoll, { admin: { prefix: '/ops', auth: bearerAuth({ tokens: [{ token, user: 'on-call', role: 'operator' }] }) } })
app.register(dashboard, { service: 'shop', controls: true })
app.get('/items/:id', async ({ params }) => params)
app.get('/report', async () => {
  await new Promise(resolve => { setTimeout(resolve, 80) })
  throw new Error('the report fails')
})

await app.listen({ host: '127.0.0.1', port: 0 })
const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
console.log(`the page is at ${url}/ops/dashboard/ for whoever has the token`)

const stranger = await fetch(`${url}/ops/dashboard/`)
console.log('a stranger gets', stranger.status)

// What the page to sign in does: the token once, and from then on the cookie that stands for it.
const session = await fetch(`${url}/ops/session`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'x-plimsoll-request': '1' } })
const cookie = String(session.headers.get('set-cookie')).split(';')[0] ?? ''
console.log('signed in as', await session.text())

const traffic = setInterval(() => {
  for (const path of ['/items/7', '/items/8', '/report']) fetch(url + path).then(async response => await response.arrayBuffer(), () => {})
}, 50)

// What the page does: one stream, a view a second.
const events = await fetch(`${url}/ops/api/performance/realtime`, { headers: { cookie } })
let text = ''
for await (const chunk of events.body ?? []) {
  text += Buffer.from(chunk).toString()
  const seconds = [...text.matchAll(/event: metrics\nid: \d+\ndata: (.*)\n\n/g)].map(([, data = '']): View => JSON.parse(data))
  // The first may be over before a report is.
  const second = seconds.find(({ traffic }) => traffic.errorShare > 0)
  if (second === undefined) continue
  const { traffic, routes, saturation } = second
  console.log(`${traffic.requests > 0 ? 'requests' : 'no requests'}, ${traffic.errorShare > 0 ? 'errors' : 'no errors'}, event loop ${saturation.loop.value < 1 ? 'with room' : 'full'}`)
  console.log('most time is spent in', routes[0]?.method, routes[0]?.route)
  break
}
clearInterval(traffic)

const { paths } = await (await fetch(`${url}/ops/api/performance/openapi.json`, { headers: { cookie } })).json() as { readonly paths: object }
console.log('the API has', Object.keys(paths).join(' '))
await app.close()
