import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findService } from '../../../../tools/services.ts'
import type { Scene } from '../scene.ts'
import type { Fault, Injection } from './fault.ts'
import { leaderOf } from './process-faults.ts'

const HOUR_MS = 3_600_000

/** A worker whose clock is wrong comes up and is made the leader, if the election falls on it. */
const clientClock: Fault = {
  id: 'F12',
  what: "a client's clock an hour wrong, its monotonic clock with it or not",
  missing: () => library().then(() => undefined, (error: unknown) => error instanceof Error ? error.message : String(error)),
  inject: async (scene) => {
    const ahead = scene.random() < 0.5 ? HOUR_MS : -HOUR_MS
    return await withClock(scene, ahead, scene.random() < 0.5)
  }
}

async function withClock (scene: Scene, ahead: number, monotonicToo: boolean): Promise<Injection> {
  const leader = await leaderOf(scene)
  const { id } = scene.anyBut(leader).config
  const env = {
    LD_PRELOAD: await library(),
    FAKETIME: `${ahead > 0 ? '+' : '-'}${Math.abs(ahead) / 1_000}s`,
    ...(monotonicToo ? {} : { FAKETIME_DONT_FAKE_MONOTONIC: '1' })
  }
  for (const start of [{ env, monotonicAheadMs: monotonicToo ? ahead : 0 }, {}]) {
    const before = scene.workers.find(({ config }) => config.id === id)
    if (before !== undefined) await scene.disturb(() => before.kill(), [before])
    const worker = scene.start(id, start)
    await scene.until(() => worker.mode === 'cluster', 10_000)
    // Whoever leads steps down, so that the wrong clock stands for election with the others.
    const { leader } = scene
    if (leader === undefined || leader === worker) continue
    await scene.disturb(() => leader.terminate(), [leader])
    await scene.until(() => scene.leader !== undefined, 5_000)
    scene.start(leader.config.id)
  }
  return { 'wrong clocks': 1, 'ms wrong': Math.abs(ahead), 'monotonic too': monotonicToo ? 1 : 0 }
}

/** Beside the program of its package. @throws {Error} when it cannot be had */
async function library (): Promise<string> {
  const folder = join(dirname(await findService('faketime')), '../lib')
  const [found] = globSync('{*/,}faketime/libfaketime.so.1', { cwd: folder })
  if (found === undefined) throw new Error(`no libfaketime.so.1 in ${folder}`)
  return join(folder, found)
}

export const clockFaults: readonly Fault[] = [clientClock]
