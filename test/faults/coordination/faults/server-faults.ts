import { monotonicMs } from '../monotonic.ts'
import type { Scene } from '../scene.ts'
import { NAMESPACE } from '../open-driver.ts'
import { QUARANTINE_MS, TTL_MS } from '../scene-timings.ts'
import type { Fault } from './fault.ts'

const killServer: Fault = {
  id: 'F5',
  what: 'kill -9 of the server, started again over its AOF (everysec)',
  inject: (scene) => scene.disturb(async () => {
    const from = await scene.redis.written()
    await scene.redis.kill()
    const down = TTL_MS * 0.8 * scene.random()
    await scene.wait(down)
    await scene.redis.start()
    // Whatever was answered meanwhile, the one that was killed had answered.
    scene.unwritten.push({ from, to: monotonicMs() })
    return { kills: 1, 'ms down': Math.round(down) }
  })
}

const emptyServer: Fault = {
  id: 'F6',
  what: 'the server started again empty',
  inject: (scene) => scene.disturb(async () => {
    await scene.redis.wipe()
    // What was confirmed until here is gone, on purpose.
    scene.wipes.push(monotonicMs())
    await scene.redis.start()
    await scene.wait(QUARANTINE_MS)
    return { wipes: 1 }
  })
}

const stopServer: Fault = {
  id: 'F7',
  what: 'SIGSTOP of the server, half a lease and two',
  inject: (scene) => scene.disturb(async () => {
    let ms = 0
    for (const lengths of [0.5, 2]) {
      const from = monotonicMs()
      scene.redis.pause()
      await scene.wait(TTL_MS * lengths)
      scene.redis.resume()
      ms += monotonicMs() - from
      await scene.settled(5_000)
    }
    return { 'ms stopped': Math.round(ms) }
  })
}

const operations: Fault = {
  id: 'F17',
  what: 'SCRIPT FLUSH, CLIENT KILL, out of memory, read-only replica',
  inject: (scene) => scene.disturb(async () => {
    await scene.redis.command('SCRIPT FLUSH')
    const killed = await scene.redis.command('CLIENT KILL TYPE normal SKIPME yes') + await scene.redis.command('CLIENT KILL TYPE pubsub')
    await scene.wait(TTL_MS / 2)
    await scene.redis.command('CONFIG SET maxmemory 1')
    await scene.wait(TTL_MS * 0.7)
    await scene.redis.command('CONFIG SET maxmemory 0')
    await scene.settled(5_000)
    await scene.redis.command('REPLICAOF 127.0.0.1 1')
    await scene.wait(TTL_MS * 0.7)
    await scene.redis.command('REPLICAOF NO ONE')
    const connections = [...killed.matchAll(/:(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0)
    return { flushes: 1, 'clients killed': connections, 'ms out of memory': TTL_MS * 0.7, 'ms read-only': TTL_MS * 0.7 }
  })
}

const jumpServerClock: Fault = {
  id: 'F13',
  what: "the server's clock an hour ahead, and back",
  inject: (scene) => scene.disturb(async () => {
    for (const hours of [1, 0]) {
      await skewServerClock(scene, hours * 3_600_000)
      await scene.wait(QUARANTINE_MS)
      await scene.settled(5_000)
    }
    return { jumps: 2, 'ms of each': 3_600_000 }
  })
}

/** The skew that the scripts add to the server's TIME: made for this. */
async function skewServerClock (scene: Scene, ms: number): Promise<void> {
  await scene.redis.command(`HSET plimsoll:{${NAMESPACE}}:meta skew ${ms}`)
}

export const serverFaults: readonly Fault[] = [killServer, emptyServer, stopServer, jumpServerClock, operations]
