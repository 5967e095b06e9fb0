import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { changed, FLAKY, STEADY } from './switches.ts'
import type { Switches } from './switches.ts'

// The payment provider, in a process of its own: somebody else's service.
//   POST /payments                                  takes a payment
//   PUT /switches {"latencyMs":500,"hangs":0.5}     makes it slow, hang, fail (errors) or break off (resets)

let switches: Switches = STEADY
let payments = 0

const server = createServer((request, response) => {
  response.on('error', () => {})
  const answered = request.url === '/switches' ? turn(request, response) : pay(request, response)
  answered.catch(() => { response.destroy() })
})

async function turn (request: IncomingMessage, response: ServerResponse): Promise<void> {
  const next = request.method === 'PUT' ? changed(switches, parsed(await text(request))) : switches
  if (next !== undefined) switches = next
  response.writeHead(next === undefined ? 422 : 200, { 'content-type': 'application/json' }).end(JSON.stringify({ ...switches, payments }))
}

async function pay (request: IncomingMessage, response: ServerResponse): Promise<void> {
  payments++
  request.resume()
  const { latencyMs, errors, hangs, resets } = switches
  const draw = Math.random()
  await delay(latencyMs)
  const hung = draw >= errors && draw < errors + hangs
  if (hung) return
  if (draw < errors) response.writeHead(500).end()
  else if (draw < errors + hangs + resets) response.writeHead(200, { 'content-length': '100' }).write('{"paid":', () => { request.socket.destroy() })
  else response.writeHead(200, { 'content-type': 'application/json' }).end('{"paid":true}')
}

function parsed (body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

let day = new AbortController()

/** Again and again, until it is told to begin anew. */
async function haveABadDay (scale: number): Promise<void> {
  day.abort()
  day = new AbortController()
  const { signal } = day
  for (let hour = 0; !signal.aborted; hour = (hour + 1) % FLAKY.length) {
    const { seconds, switches: now } = FLAKY[hour]!
    switches = now
    await delay(seconds * scale * 1000)
  }
}

process.on('message', haveABadDay)
process.on('disconnect', () => process.exit())
// Ctrl-C reaches the whole process group; the parent decides when it ends.
process.on('SIGINT', () => {})
server.listen(0, '127.0.0.1', () => { process.send?.((server.address() as AddressInfo).port) })
