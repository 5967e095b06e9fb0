import type { Direction, Injected } from '../faulty-proxy.ts'
import type { Scene } from '../scene.ts'
import { TTL_MS } from '../scene-timings.ts'
import type { WorkerProcess } from '../worker-process.ts'
import type { Fault, Injection } from './fault.ts'
import { leaderOf } from './process-faults.ts'

const blackHole: Fault = {
  id: 'F8',
  what: 'black hole between leader and server, sockets open',
  inject: async (scene) => {
    const leader = await leaderOf(scene)
    const kept = scene.random() < 0.5
    return await faultyLines(scene, [leader], TTL_MS * (1.5 + 0.5 * scene.random()), kept ? 'held' : 'dropped', kept ? 'held' : 'dropped')
  }
}

const oneWay: Fault = {
  id: 'F9',
  what: 'one direction dropped: requests, then replies',
  inject: async (scene) => {
    const requests = await faultyLines(scene, [await leaderOf(scene)], TTL_MS * 0.4, 'dropped', 'open')
    await scene.settled(5_000)
    return sum([requests, await faultyLines(scene, [await leaderOf(scene), scene.any()], TTL_MS * (0.3 + scene.random()), 'open', 'dropped')])
  }
}

const cuts: Fault = {
  id: 'F10',
  what: 'all connections cut every 100 ms',
  inject: (scene) => measured(scene, scene.workers, async () => {
    for (let ms = 0; ms < TTL_MS * 1.5; ms += 100) {
      for (const proxy of scene.proxies) proxy.cut()
      await scene.wait(100)
    }
  })
}

const latency: Fault = {
  id: 'F11',
  what: 'latency up to 0.4 of the lease, with jitter',
  inject: (scene) => measured(scene, scene.workers, async () => {
    for (const proxy of scene.proxies) {
      proxy.delayMs = TTL_MS * 0.02
      proxy.jitterMs = TTL_MS * 0.1
    }
    await scene.wait(TTL_MS * 1.5)
    // More than a command may take: nothing is answered in time.
    for (const proxy of scene.proxies) proxy.delayMs = TTL_MS * 0.2
    await scene.wait(TTL_MS * 0.7)
    for (const proxy of scene.proxies) proxy.open()
  })
}

const halves: Fault = {
  id: 'F15',
  what: 'two groups cut off in turn',
  inject: async (scene) => {
    const { workers } = scene
    const half = Math.ceil(workers.length / 2)
    const first = await faultyLines(scene, workers.slice(0, half), TTL_MS * 1.4, 'held', 'held')
    return sum([first, await faultyLines(scene, workers.slice(half), TTL_MS * 1.4, 'dropped', 'dropped')])
  }
}

function faultyLines (scene: Scene, workers: readonly WorkerProcess[], ms: number, requests: Direction, replies: Direction): Promise<Injection> {
  return measured(scene, workers, async () => {
    for (const worker of workers) scene.lineOf(worker).set(requests, replies)
    await scene.wait(ms)
    for (const worker of workers) scene.lineOf(worker).open()
  })
}

/** What the lines say they really did meanwhile. */
async function measured (scene: Scene, workers: readonly WorkerProcess[], work: () => Promise<void>): Promise<Injection> {
  const lines = [...new Set(workers.map((worker) => scene.lineOf(worker)))]
  const before = total(lines.map(({ injected }) => ({ ...injected })))
  const from = performance.now()
  await scene.disturb(work, workers)
  const after = total(lines.map(({ injected }) => injected))
  return {
    'ms of faulty line': Math.round(performance.now() - from),
    'request bytes dropped': after.requestBytesDropped - before.requestBytesDropped,
    'reply bytes dropped': after.replyBytesDropped - before.replyBytesDropped,
    'bytes held': after.bytesHeld - before.bytesHeld,
    'connections cut': after.connectionsCut - before.connectionsCut,
    'chunks delayed': after.chunksDelayed - before.chunksDelayed
  }
}

function total (each: readonly Injected[]): Injected {
  const all: Injected = { requestBytesDropped: 0, replyBytesDropped: 0, bytesHeld: 0, connectionsCut: 0, chunksDelayed: 0 }
  for (const injected of each) for (const name of Object.keys(all) as (keyof Injected)[]) all[name] += injected[name]
  return all
}

/** Name by name. */
export function sum (injections: readonly Injection[]): Injection {
  const all: Record<string, number> = {}
  for (const injection of injections) for (const [name, value] of Object.entries(injection)) all[name] = (all[name] ?? 0) + value
  return all
}

export const lineFaults: readonly Fault[] = [blackHole, oneWay, cuts, latency, halves]
