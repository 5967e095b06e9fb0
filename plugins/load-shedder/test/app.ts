import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import loadShedder from '../src/index.ts'
import type { LoadShedderOptions } from '../src/index.ts'
import { FixedLimit } from './fixed-limit.ts'

export interface TestApp {
  readonly app: FastifyInstance
  readonly strategy: FixedLimit
  /** Ends the requests to `/held` that are in the handler, in the order in which they came. */
  readonly held: Array<() => void>
  /** Listens on 127.0.0.1 and returns the origin. */
  listen (): Promise<string>
}

/** An app with the plugin, a fixed limit, `/` and `/held`, which answers when the test says so. */
export function testApp (options: LoadShedderOptions = {}, server: FastifyServerOptions = {}, strategy: FixedLimit = new FixedLimit()): TestApp {
  const app = Fastify({ forceCloseConnections: true, ...server })
  app.register(loadShedder, { strategy: () => strategy, ...options })
  const held: Array<() => void> = []
  app.get('/', async () => 'root')
  app.get('/held', (_request, reply) => { held.push(() => reply.send('held')) })
  app.post('/echo', async request => request.body)
  return {
    app,
    strategy,
    held,
    listen: () => app.listen({ port: 0, host: '127.0.0.1' })
  }
}

/** Waits for a condition, at most ten seconds. */
export async function until (condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within 30 seconds: ${condition.toString()}`)
    await new Promise(resolve => setTimeout(resolve, 2))
  }
}

/** Sends bytes on a connection of their own and returns all that comes back until it is closed or `enough` has come. */
export async function exchange (origin: string, bytes: string, enough: (answer: string) => boolean = () => false): Promise<string> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname.replace(/[[\]]/g, ''))
  socket.write(bytes)
  let answer = ''
  for await (const chunk of socket) {
    answer += String(chunk)
    if (enough(answer)) break
  }
  socket.destroy()
  return answer
}

export function portOf (app: FastifyInstance): number {
  const address = app.server.address()
  return (address as AddressInfo).port
}
