import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunningService } from '../../../tools/services.ts'
import { Instance } from './instance.ts'
import type { Place } from './instance.ts'
import { GATEWAY_PERMITS } from './status.ts'
import type { View } from './view.ts'

const REDIS_STOPPED_MS = 5_000
const LOOK_EVERY_MS = 20
const PATIENCE_MS = 60_000

export interface StoryOptions {
  /** A killed one is replaced in its place. */
  readonly instances: Instance[]
  readonly redis: RunningService
  readonly place: Place
  readonly view: View
  /** Length of the pauses in between, as a share of the usual. */
  readonly scale: number
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}

/** What happens to the instances, once; after it they serve until `signal` is aborted, which ends the story anywhere (it rejects). */
export async function tellStory (options: StoryOptions): Promise<void> {
  const { instances, view, scale, signal } = options
  await until('everybody is in the cluster, and one leads', () => leader(instances) !== undefined && instances.every(inCluster), signal)
  view.tell(`${leader(instances)?.id} leads the stock count; ${GATEWAY_PERMITS} permits of the payment gateway are divided by demand.`)
  await sleep(scale * 4_000, undefined, { signal })
  await killTheLeader(options)
  await sleep(scale * 4_000, undefined, { signal })
  await stopRedis(options)
  view.tell('That was it. The shops serve on; Ctrl-C ends them.')
  if (!signal.aborted) await once(signal, 'abort')
}

async function killTheLeader ({ instances, view, place, scale, signal }: StoryOptions): Promise<void> {
  const killed = leader(instances) ?? instances[0]!
  await killed.kill()
  const at = performance.now()
  view.tell(`${killed.id} leads no longer: killed with -9.`)
  await until('another one leads', () => leader(instances) !== undefined, signal)
  view.tell(`${leader(instances)?.id} leads ${seconds(at)} later: when the lease of the dead had run out.`)
  await sleep(scale * 2_000, undefined, { signal })
  instances[instances.indexOf(killed)] = await Instance.start(killed.id, place)
  view.tell(`${killed.id} is back, as another process.`)
  await until('it is in the cluster', () => instances.every(inCluster), signal)
}

async function stopRedis ({ instances, view, redis, signal }: StoryOptions): Promise<void> {
  const before = served(instances)
  process.kill(redis.pid, 'SIGSTOP')
  const at = performance.now()
  view.tell('Redis stands still (SIGSTOP) for five seconds. Nobody is told; leases run out by the clocks of their holders.')
  await until('everybody knows', () => instances.every(({ status }) => status?.mode === 'degraded'), signal)
  view.tell(`Everybody is on its own after ${seconds(at)}: nobody leads, no permits, and the shop sells on.`)
  await sleep(Math.max(0, REDIS_STOPPED_MS - (performance.now() - at)), undefined, { signal })
  process.kill(redis.pid, 'SIGCONT')
  const back = performance.now()
  await until('everybody is back', () => instances.every(inCluster), signal)
  const after = served(instances)
  view.tell(`Redis goes on; everybody is back in the cluster after ${seconds(back)}. Meanwhile ${after.ok - before.ok} requests were served and ${after.failed - before.failed} failed.`)
  await until('one leads', () => leader(instances) !== undefined, signal)
  view.tell(`${leader(instances)?.id} leads after ${seconds(back)}: time seemed to jump in Redis, so nothing was given away until whatever was held before was over.`)
}

const inCluster = ({ running, status }: Instance): boolean => running && status?.mode === 'cluster'

const leader = (instances: readonly Instance[]): Instance | undefined => instances.find(({ leads }) => leads)

const seconds = (since: number): string => `${((performance.now() - since) / 1_000).toFixed(1)} s`

function served (instances: readonly Instance[]): { readonly ok: number, readonly failed: number } {
  return { ok: instances.reduce((sum, { served }) => sum + served, 0), failed: instances.reduce((sum, { failed }) => sum + failed, 0) }
}

async function until (what: string, condition: () => boolean, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited ${PATIENCE_MS / 1_000} s until ${what}`)
    await sleep(LOOK_EVERY_MS, undefined, { signal })
  }
}
