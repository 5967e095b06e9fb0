import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Coordinator, Leadership } from '@plimsoll/core'
import redisCoordinator from '@plimsoll/redis-coordinator'
import { credentialsFrom } from '../credentials.ts'
import { buildShop } from '../shop/index.ts'
import { GATEWAY_PERMITS } from './status.ts'
import type { Listening, Status } from './status.ts'

// One instance of the shop in a process of its own: its id and the address of Redis are its arguments.

const [id = 'shop', url = ''] = process.argv.slice(2)
const app = buildShop({ coordinator: { id, timings: { ttlMs: 2_000 } }, credentials: credentialsFrom(process.env) })
// This Redis is new, and lasts as long as the show: that it holds nothing yet is no loss of data.
app.register(redisCoordinator, { url, firstUse: true })
await app.listen({ host: '127.0.0.1', port: 0 })
tell({ port: (app.server.address() as AddressInfo).port })

const { coordinator } = app.plimsoll
const stock = coordinator.elect('stock-count')
const gateway = coordinator.capacity('payment-gateway', { total: GATEWAY_PERMITS })
const ending = new AbortController()

setInterval(() => {
  const epoch = stock.leadership?.fence.epoch
  const { granted, inUse, wants } = gateway
  tell({ mode: coordinator.mode, granted, inUse, wants, ...(epoch !== undefined && { epoch: String(epoch) }) })
}, 250).unref()
setInterval(() => gateway.want(1 + Math.floor(Math.random() * GATEWAY_PERMITS)), 3_000).unref()
setInterval(pay, 40).unref()
lead()

process.on('disconnect', end)
// Ctrl-C reaches the whole process group; the parent decides when an instance ends.
process.on('SIGINT', () => {})

function tell (message: Status | Listening): void {
  if (process.connected) process.send?.(message)
}

/** A payment holds a permit for a while, and lets go when the lease is lost. */
async function pay (): Promise<void> {
  if (gateway.inUse >= gateway.wants || !gateway.tryAcquire()) return
  await sleep(200 + Math.random() * 600, undefined, { signal: gateway.signal }).catch(() => {})
  gateway.release()
}

/** Counts the stock as long as it leads; each of its writes is refused once somebody else does. */
async function lead (): Promise<void> {
  await stock.run(async (leadership) => { await countStock(coordinator, leadership) }, { signal: ending.signal })
}

async function countStock (coordinator: Coordinator, { fence, signal }: Leadership): Promise<void> {
  for (let counts = 1; !signal.aborted; counts++) {
    // Refused or unanswered: the leadership tells by itself whether it is over.
    await coordinator.set('stock', { by: id, counts }, { fence }).catch(() => {})
    await sleep(500, undefined, { signal }).catch(() => {})
  }
}

function end (): void {
  ending.abort()
  app.close().finally(() => process.exit())
}
