import { startRedis, type RunningService } from '../../../tools/services.ts'
import { dashboardUrl, makeCredentials } from '../credentials.ts'
import { buildPage } from '../page.ts'
import { Instance } from './instance.ts'
import { tellStory } from './story.ts'
import { instancesView } from './view.ts'

/** At most so many processes on one machine. */
export const MOST_INSTANCES = 10

/**
 * Runs `count` instances of the shop on a Redis of their own: shows who leads, who has which share and in which mode they
 * are, while one of them is killed and Redis is stopped for five seconds. Serves until Ctrl-C.
 *
 * @param scale length of the pauses in between, as a share of the usual
 */
export async function showInstances (count: number, scale: number): Promise<void> {
  const interrupted = new AbortController()
  const interrupt = (): void => interrupted.abort()
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  const view = instancesView(process.stdout)
  const credentials = makeCredentials()
  const [redis] = await Promise.all([startRedis(), buildPage()])
  const instances: Instance[] = []
  const drawing = setInterval(() => { if (instances.length > 0) view.show(instances) }, 250)
  try {
    view.tell(`Redis on port ${redis.port}, and ${count} instances of the shop on it. Ctrl-C ends it.`)
    const url = `redis://127.0.0.1:${redis.port}`
    const started = Array.from({ length: count }, (_, index) => Instance.start(`shop-${index + 1}`, { redisUrl: url, credentials }))
    instances.push(...await Promise.all(started))
    for (const { id, port } of instances) view.tell(`  ${id}  http://127.0.0.1:${port}/products   ${dashboardUrl(port, credentials.operator)}`)
    view.tell('Each dashboard shows all instances. Open that of one that is not killed, or of several.')
    await tellStory({ instances, redis, place: { redisUrl: url, credentials }, view, scale, signal: interrupted.signal })
  } catch (error) {
    if (!interrupted.signal.aborted) throw error
  } finally {
    clearInterval(drawing)
    await end(instances, redis)
  }
  view.tell('Ended: every instance and Redis are gone.')
}

async function end (instances: readonly Instance[], redis: RunningService): Promise<void> {
  // A Redis that stands still would not hear that it is to end.
  wake(redis)
  await Promise.all(instances.map((instance) => instance.stop()))
  await redis.stop()
}

function wake ({ pid }: RunningService): void {
  try {
    process.kill(pid, 'SIGCONT')
  } catch {
    // It ended with Ctrl-C, which reaches the whole process group.
  }
}
