// Two instances on a real Redis: who looks at one of them is shown the past that the other one keeps.
import redisCoordinator from '@plimsoll/redis-coordinator'
import t from 'tap'
import { skipWithout, startRedis } from '../tools/services.ts'
import { until } from './dashboard/until.ts'
import { startWatchedService } from './dashboard/watched-service.ts'

interface Answer { readonly instance: string, readonly step: number, readonly at: readonly number[], readonly columns: { readonly requests: ReadonlyArray<number | null> } }

const REQUESTS = 30

t.setTimeout(120_000)
process.env['NODE_ENV'] ??= 'test'

t.test('the history of another instance is asked of it, before anybody has looked', async (t) => {
  if (await skipWithout(t, 'redis-server')) return
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const start = async (id: string): ReturnType<typeof startWatchedService> => {
    const service = await startWatchedService({ coordinator: { id }, more: (app) => { app.register(redisCoordinator, { url: `redis://127.0.0.1:${redis.port}`, firstUse: true }) } })
    t.teardown(() => service.app.close())
    return service
  }
  const [a, b] = [await start('a'), await start('b')]
  for (let i = 0; i < REQUESTS; i++) await (await fetch(`http://127.0.0.1:${b.port}/fast`)).text()

  const history = async (port: number, instance: string): Promise<Answer> => await (await fetch(`http://127.0.0.1:${port}/plimsoll/api/performance/history?instance=${instance}&of=${encodeURIComponent('route:GET /fast')}`)).json() as Answer
  const requestsIn = ({ step, columns: { requests } }: Answer): number => requests.reduce<number>((sum, rate) => sum + (rate ?? 0) * step / 1000, 0)
  const drawn = async (port: number): Promise<string> => {
    const answer = await history(port, 'b')
    const some = answer.columns.requests.filter((rate) => rate !== null && rate > 0)
    return JSON.stringify([answer.instance, answer.step, some])
  }
  await until('the requests are in it', async () => requestsIn(await history(a.port, 'b')) > 0)
  // Not their exact number: on a busy machine a frame may cover two seconds.
  await until('it is told as that instance tells it itself', async () => await drawn(a.port) === await drawn(b.port))
  t.equal(requestsIn(await history(a.port, 'a')), 0, 'and not as the one that was asked')
})
