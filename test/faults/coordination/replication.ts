import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Coordinator } from '@plimsoll/core'
import type { DistributedQueue } from '@plimsoll/core'
import { removeOnExit } from './leave-nothing.ts'
import { monotonicMs } from './monotonic.ts'
import { NAMESPACE, openDriver, SENTINEL_NAME } from './open-driver.ts'
import { RedisServer } from './redis-server.ts'
import { timings } from './scene-timings.ts'
import type { DriverConfig } from './worker-config.ts'

/** A store of several servers, of which one can take over. */
interface Topology {
  readonly driver: DriverConfig
  readonly primary: RedisServer
  readonly replica: RedisServer
  readonly servers: readonly RedisServer[]
}

export interface FailoverLoss {
  readonly what: string
  /** Why there are no figures. */
  readonly failed?: string
  readonly confirmed: number
  readonly lost: number
  /** From the kill to the first push that was confirmed by the new primary. */
  readonly withoutMs: number
}

const MASTERS = 3
const SLOTS = 16_384
const LAG_MS = 300
const BACK_WITHIN_MS = 30_000
const BATCH = 20

/**
 * One failover each of Sentinel and Cluster, under load, to a replica that keeps up and to one that lags: what was
 * confirmed and is gone, since Redis replicates after it has answered.
 */
export async function failoverLosses (progress: (text: string) => void): Promise<readonly FailoverLoss[]> {
  const losses: FailoverLoss[] = []
  for (const [kind, build] of [['Sentinel', sentinel], ['Cluster', cluster]] as const) {
    for (const lagging of [false, true]) {
      const what = `${kind} failover to a replica that ${lagging ? `was cut off for the last ${LAG_MS} ms` : 'keeps up'}`
      progress(what)
      const loss = inFolder(async (folder) => await failOver(what, await build(folder), lagging))
      losses.push(await loss.catch((error: unknown) => ({ what, failed: String(error), confirmed: 0, lost: 0, withoutMs: 0 })))
    }
  }
  return losses
}

async function failOver (what: string, { driver, primary, replica, servers }: Topology, lagging: boolean): Promise<FailoverLoss> {
  const coordinator = new Coordinator({ id: 'pusher', driver: openDriver(driver, timings), timings })
  try {
    await coordinator.connect()
    await until(() => coordinator.mode === 'cluster', 'in touch with the store')
    const queue = coordinator.queue<number>('items', { maxLength: 1_000_000, visibilityMs: 60_000 })
    const confirmed = new Map<number, Confirmation>()
    const stop = new AbortController()
    const pushing = push(async (items) => { await queue.push(items) }, confirmed, stop.signal)
    await delay(1_000)
    if (lagging) {
      replica.pause()
      // Or the kernel would keep for it what it does not read.
      await primary.command('CLIENT KILL TYPE replica')
      await delay(LAG_MS)
    }
    await primary.kill()
    const killedAt = monotonicMs()
    if (lagging) replica.resume()
    const back = (): Confirmation | undefined => [...confirmed.values()].find(({ sent }) => sent > killedAt)
    await until(() => back() !== undefined, 'push that was sent after the kill and confirmed')
    stop.abort()
    await pushing
    const found = await everything(queue)
    const lost = [...confirmed.keys()].filter((item) => !found.has(item)).length
    return { what, confirmed: confirmed.size, lost, withoutMs: Math.round((back()?.answered ?? Infinity) - killedAt) }
  } finally {
    await coordinator.close()
    await Promise.all(servers.map((server) => server.kill()))
  }
}

interface Confirmation { readonly sent: number, readonly answered: number }

async function push (pushAll: (items: readonly number[]) => Promise<void>, confirmed: Map<number, Confirmation>, stop: AbortSignal): Promise<void> {
  for (let next = 0; !stop.aborted; next += BATCH) {
    const items = Array.from({ length: BATCH }, (_, index) => next + index)
    const sent = monotonicMs()
    await pushAll(items).then(() => {
      const confirmation = { sent, answered: monotonicMs() }
      for (const item of items) confirmed.set(item, confirmation)
    }, () => delay(10))
  }
}

/** What the store has, in spite of a session that was lost meanwhile. */
async function everything (queue: DistributedQueue<number>): Promise<ReadonlySet<number>> {
  const found = new Set<number>()
  for (let more = true; more;) {
    try {
      const deliveries = await queue.claim(500)
      for (const { body } of deliveries) found.add(body)
      more = deliveries.length > 0
    } catch {
      await delay(50)
    }
  }
  return found
}

async function sentinel (folder: string): Promise<Topology> {
  const primary = await RedisServer.start({ folder: join(folder, 'primary') })
  const replica = await RedisServer.start({ folder: join(folder, 'replica'), args: ['--replicaof', `127.0.0.1 ${primary.port}`] })
  await untilReplicates(replica)
  const watcher = await RedisServer.start({
    folder: join(folder, 'sentinel'),
    sentinel: [`sentinel monitor ${SENTINEL_NAME} 127.0.0.1 ${primary.port} 1`, `sentinel down-after-milliseconds ${SENTINEL_NAME} 500`, `sentinel failover-timeout ${SENTINEL_NAME} 3000`]
  })
  // It learns of the replica from the primary.
  await until(async () => (await watcher.command(`SENTINEL REPLICAS ${SENTINEL_NAME}`)).includes(String(replica.port)), 'a sentinel that knows the replica')
  return { driver: { kind: 'sentinel', port: watcher.port }, primary, replica, servers: [primary, replica, watcher] }
}

async function cluster (folder: string): Promise<Topology> {
  const servers: RedisServer[] = []
  for (let number = 0; number <= MASTERS; number++) {
    servers.push(await RedisServer.start({ folder: join(folder, String(number)), args: ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000', '--cluster-replica-validity-factor', '0'] }))
  }
  const masters = servers.slice(0, MASTERS)
  const [first] = masters
  const replica = servers[MASTERS]
  if (first === undefined || replica === undefined) throw new Error('a cluster has nodes')
  for (const server of servers.slice(1)) await first.command(`CLUSTER MEET 127.0.0.1 ${server.port}`)
  for (const [number, master] of masters.entries()) await master.command(`CLUSTER ADDSLOTSRANGE ${slot(number)} ${slot(number + 1) - 1}`)
  const at = Number(/:(\d+)/.exec(await first.command(`CLUSTER KEYSLOT {${NAMESPACE}}`))?.[1])
  const primary = masters.find((_, number) => at < slot(number + 1)) ?? first
  const id = /[0-9a-f]{40}/.exec(await primary.command('CLUSTER MYID'))?.[0] ?? ''
  await until(async () => (await replica.command(`CLUSTER REPLICATE ${id}`)).startsWith('+OK'), 'a replica that knows its primary')
  await until(async () => (await Promise.all(servers.map((server) => server.command('CLUSTER INFO')))).every((info) => info.includes('cluster_state:ok')), 'a cluster')
  await untilReplicates(replica)
  return { driver: { kind: 'redis-cluster', ports: servers.map(({ port }) => port) }, primary, replica, servers }
}

function slot (number: number): number {
  return Math.round(SLOTS * number / MASTERS)
}

async function untilReplicates (replica: RedisServer): Promise<void> {
  await until(async () => (await replica.command('INFO replication')).includes('master_link_status:up'), 'a replica that follows')
}

async function until (condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = monotonicMs() + BACK_WITHIN_MS; !await condition(); await delay(10)) {
    if (monotonicMs() > end) throw new Error(`no ${what} within ${BACK_WITHIN_MS} ms`)
  }
}

async function inFolder<T> (work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-failover-'))
  removeOnExit(folder)
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
