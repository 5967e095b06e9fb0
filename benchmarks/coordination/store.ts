import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Coordinator } from '@plimsoll/core'
import type { CoordinatorTimings, JournalEvent } from '@plimsoll/core'
import { removeOnExit } from '../../test/faults/coordination/leave-nothing.ts'
import { openDriver } from '../../test/faults/coordination/open-driver.ts'
import { RedisServer } from '../../test/faults/coordination/redis-server.ts'

/** Runs `work` with a redis-server of its own (AOF everysec). */
export async function withRedis<T> (work: (redis: RedisServer) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-bench-'))
  removeOnExit(folder)
  const redis = await RedisServer.start({ folder: join(folder, 'redis') })
  try {
    return await work(redis)
  } finally {
    await redis.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A connected instance; `granted` is called when it has other permits. */
export async function instance (redis: RedisServer, id: string, timings: Partial<CoordinatorTimings> = {}, granted: () => void = () => {}): Promise<Coordinator> {
  const journal = { record: ({ event }: JournalEvent): void => { if (event === 'share-changed') granted() } }
  const coordinator = new Coordinator({ id, driver: openDriver({ kind: 'redis', port: redis.port }, timings), timings, journal })
  // The first of a store waits out its quarantine.
  while (!await coordinator.connect() && coordinator.mode !== 'cluster') await new Promise((resolve) => { setTimeout(resolve, 10) })
  return coordinator
}

/** Seconds of processor time that the server has used. */
export async function serverCpu (redis: RedisServer): Promise<number> {
  const info = await redis.command('INFO cpu')
  const of = (name: string): number => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1])
  return of('used_cpu_sys') + of('used_cpu_user')
}
