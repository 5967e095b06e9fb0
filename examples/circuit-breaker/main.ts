import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import circuitBreaker, { circuitBreakerFetch } from '@plimsoll/circuit-breaker'

// A bank that can be told to fail.
let bankIsDown = false
let callsOfTheBank = 0
const bank = createServer((_request, response) => {
  callsOfTheBank++
  response.writeHead(bankIsDown ? 500 : 200, { 'content-type': 'application/json' }).end('{"paid":true}')
})
await new Promise<void>(resolve => { bank.listen(0, '127.0.0.1', resolve) })
const bankUrl = `http://127.0.0.1:${(bank.address() as AddressInfo).port}`

const app = fastify()
await app.register(circuitBreaker, { consecutiveFailures: 3, waitDurationInOpenState: 300, successThreshold: 1 })

// An upstream: every call through this fetch asks the circuit of the origin that it goes to.
const guardedFetch = circuitBreakerFetch(app.circuitBreakers)
app.post('/checkout', async (_request, reply) => {
  const answer = await guardedFetch(bankUrl)
  return reply.code(answer.ok ? 200 : 502).send(await answer.text())
})

// A route: refused before its body is read, with the time that is left until a probe.
let reportFails = true
app.get('/report', { config: { circuitBreaker: true } }, async () => {
  if (reportFails) throw new Error('the report is broken')
  return { rows: 10_000 }
})

// Anything else: a function, with a fallback.
const rates = app.circuitBreakers.get('exchange-rates')
const rate = async (): Promise<number> => await rates.execute(async () => { throw new Error('no rates today') }, { fallback: () => 1.17 })

const url = await app.listen({ host: '127.0.0.1', port: 0 })
const show = async (method: string, path: string): Promise<void> => {
  const { status, headers } = await fetch(url + path, { method })
  console.log(method, path, status, headers.get('x-circuit-state') ?? '', headers.get('retry-after') ?? '')
}

console.log('the bank is down:')
bankIsDown = true
for (let i = 0; i < 5; i++) await show('POST', '/checkout')
console.log(`calls that the bank got: ${callsOfTheBank}, circuit ${app.circuitBreakers.get(bankUrl).state}`)

console.log('it recovers:')
bankIsDown = false
await new Promise(resolve => setTimeout(resolve, 320))
await show('POST', '/checkout')
console.log(`circuit ${app.circuitBreakers.get(bankUrl).state}`)

console.log('a route that fails:')
for (let i = 0; i < 4; i++) await show('GET', '/report')
reportFails = false
app.circuitBreakers.get('GET /report').reset()
await show('GET', '/report')

console.log(`a fallback: ${await rate()}`)

await app.close()
bank.close()
bank.closeAllConnections()
