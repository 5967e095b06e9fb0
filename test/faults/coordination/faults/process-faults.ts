import { monotonicMs } from '../monotonic.ts'
import type { Scene } from '../scene.ts'
import { TTL_MS, VISIBILITY_MS } from '../scene-timings.ts'
import type { WorkerProcess } from '../worker-process.ts'
import type { Fault } from './fault.ts'

/** On a machine that is busy with other things, and starts a process in seconds. */
const SOON_MS = 60_000

/** Whoever leads now. @throws when nobody does for long */
export async function leaderOf (scene: Scene): Promise<WorkerProcess> {
  await scene.until(() => scene.leader !== undefined, SOON_MS)
  const { leader } = scene
  if (leader === undefined) throw new Error(`nobody led for ${SOON_MS} ms`)
  return leader
}

const killLeader: Fault = {
  id: 'F1',
  what: 'kill -9 of the leader',
  inject: async (scene) => {
    const leader = await leaderOf(scene)
    await scene.disturb(() => leader.kill(), [leader])
    await scene.until(() => scene.leader !== undefined, SOON_MS)
    scene.start(leader.config.id)
    return { kills: 1 }
  }
}

const terminateLeader: Fault = {
  id: 'F2',
  what: 'SIGTERM to the leader',
  inject: async (scene) => {
    const leader = await leaderOf(scene)
    await scene.disturb(() => leader.terminate(), [leader])
    scene.start(leader.config.id)
    return { terminations: 1 }
  }
}

/** @param leases how long, in leases */
export function stopLeader (leases?: number): Fault {
  return {
    id: 'F3',
    what: 'SIGSTOP of the leader past its lease',
    inject: async (scene) => {
      const leader = await leaderOf(scene)
      return { 'ms stopped': await stopped(scene, leader, TTL_MS * (leases ?? 1.5 + 0.7 * scene.random())) }
    }
  }
}

/** @param leases how long, in leases */
export function blockLeader (leases: number): Fault {
  return {
    id: 'F4',
    what: 'blocked event loop of the leader',
    inject: async (scene) => {
      const leader = await leaderOf(scene)
      const ms = TTL_MS * leases
      await scene.disturb(async () => {
        leader.order({ order: 'block', ms })
        await scene.wait(ms + 100)
      }, [leader])
      return { 'ms blocked': ms }
    }
  }
}

const killConsumers: Fault = {
  id: 'F14',
  what: 'kill -9 of a consumer that holds items',
  inject: async (scene) => {
    const consumer = scene.leader === undefined ? scene.any() : scene.anyBut(scene.leader)
    consumer.order({ order: 'hold-items' })
    scene.demand(100, 0)
    const held = await scene.until(() => consumer.heldItems > 0, 2_000)
    await scene.disturb(() => consumer.kill(), [consumer])
    scene.start(consumer.config.id)
    await scene.wait(VISIBILITY_MS)
    return { kills: 1, 'items held': held ? consumer.heldItems : 0 }
  }
}

const rollingRestart: Fault = {
  id: 'F16',
  what: 'rolling restart of all instances',
  inject: async (scene) => {
    for (const worker of scene.workers) {
      await scene.disturb(() => worker.terminate(), [worker])
      const next = scene.start(worker.config.id)
      await scene.until(() => next.mode === 'cluster', SOON_MS)
    }
    return { terminations: scene.workers.length }
  }
}

async function stopped (scene: Scene, worker: WorkerProcess, ms: number): Promise<number> {
  return await scene.disturb(async () => {
    const from = monotonicMs()
    worker.signal('SIGSTOP')
    await scene.wait(ms)
    worker.signal('SIGCONT')
    return Math.round(monotonicMs() - from)
  }, [worker])
}

export const processFaults: readonly Fault[] = [killLeader, terminateLeader, stopLeader(), blockLeader(2), killConsumers, rollingRestart]
