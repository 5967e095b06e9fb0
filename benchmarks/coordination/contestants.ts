import { Queue, Worker } from 'bullmq'
import type { Coordinator } from '@plimsoll/core'
import type { RedisServer } from '../../test/faults/coordination/redis-server.ts'
import { instance } from './store.ts'

export const PUSH_LANES = 64
export const BULK = 500
export const CLAIM = 64

/** One way of using a queue, the same for both: every item has an id of its own, counted attempts and a place with the dead. */
export interface Contestant {
  readonly name: string
  push (items: number): Promise<void>
  pushBulk (items: number): Promise<void>
  /** Until all that is there is done: as many at a time as it takes well. */
  consumeMany (items: number): Promise<void>
  /** One item for each request, and as many of these at once. */
  consumeSingly (items: number): Promise<void>
  /** One item after the other. */
  consumeInTurn (items: number): Promise<void>
  close (): Promise<void>
}

const body = { to: 'someone@example.org', subject: 'Your order', total: 4_200 }

export async function plimsoll (redis: RedisServer, name: string): Promise<Contestant> {
  const coordinator: Coordinator = await instance(redis, name)
  const queue = coordinator.queue<typeof body>(`bench-${name}`, { maxLength: 1_000_000 })
  let ids = 0
  /** As BullMQ's Worker does it: a handler for each item, so many at a time. */
  const consume = async (items: number, concurrency: number): Promise<void> => {
    const stop = new AbortController()
    let done = 0
    await queue.consume(async () => { if (++done === items) stop.abort() }, { concurrency, signal: stop.signal })
    await nothingIsLeft()
  }
  /** By hand, in lanes: each asks for one item, and with the end of that for the next. */
  const claimSingly = async (items: number, lanes: number): Promise<void> => {
    let done = 0
    await Promise.all(Array.from({ length: lanes }, async () => {
      let [delivery] = await queue.claim(1)
      while (delivery !== undefined) {
        const [acknowledged, next] = await Promise.all([delivery.ack(), queue.claim(1)])
        if (acknowledged) done += 1
        delivery = next[0]
      }
    }))
    if (done !== items) throw new Error(`${done} of ${items} were acknowledged`)
    await nothingIsLeft()
  }
  const nothingIsLeft = async (): Promise<void> => {
    const { ready, leased, dead } = await queue.stats()
    if (ready + leased + dead !== 0) throw new Error(`${ready} ready, ${leased} leased, ${dead} dead are left`)
  }
  return {
    name,
    push: (items) => inLanes(items, PUSH_LANES, async () => { await queue.push(body, { id: `job-${ids++}` }) }),
    pushBulk: (items) => inLanes(items / BULK, 1, async () => { await queue.push(Array.from({ length: BULK }, () => body), { id: `bulk-${ids++}` }) }),
    consumeMany: (items) => consume(items, CLAIM),
    consumeSingly: (items) => claimSingly(items, CLAIM),
    consumeInTurn: (items) => consume(items, 1),
    close: () => coordinator.close()
  }
}

export async function bullmq (redis: RedisServer): Promise<Contestant> {
  const connection = { host: '127.0.0.1', port: redis.port, maxRetriesPerRequest: null }
  const queue = new Queue('bench', { connection })
  await queue.waitUntilReady()
  let ids = 0
  const options = (): { jobId: string, attempts: number, removeOnComplete: boolean } => ({ jobId: `job-${ids++}`, attempts: 5, removeOnComplete: true })
  const consume = async (items: number, concurrency: number): Promise<void> => {
    const worker = new Worker('bench', async () => {}, { connection, concurrency, autorun: false })
    await worker.waitUntilReady()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    let done = 0
    worker.on('completed', () => { if (++done === items) resolve() })
    worker.on('error', reject)
    worker.run().catch(reject)
    await promise
    await worker.close()
  }
  return {
    name: 'bullmq',
    push: (items) => inLanes(items, PUSH_LANES, async () => { await queue.add('mail', body, options()) }),
    pushBulk: (items) => inLanes(items / BULK, 1, async () => { await queue.addBulk(Array.from({ length: BULK }, () => ({ name: 'mail', data: body, opts: options() }))) }),
    consumeMany: (items) => consume(items, CLAIM),
    // A job is fetched with the end of the one before it: it knows no other way.
    consumeSingly: (items) => consume(items, CLAIM),
    consumeInTurn: (items) => consume(items, 1),
    close: () => queue.close()
  }
}

/** `times` calls, `lanes` at a time. */
async function inLanes (times: number, lanes: number, call: () => Promise<void>): Promise<void> {
  let left = times
  await Promise.all(Array.from({ length: lanes }, async () => {
    while (left > 0) {
      left -= 1
      await call()
    }
  }))
}
