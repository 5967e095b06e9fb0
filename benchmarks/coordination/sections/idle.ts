import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Coordinator } from '@plimsoll/core'
import type { RedisServer } from '../../../test/faults/coordination/redis-server.ts'
import { progress } from '../../overload/progress.ts'
import { judge } from '../../overload/row.ts'
import type { Row } from '../../overload/row.ts'
import { instance, withRedis } from '../store.ts'

const INSTANCES = 5
const TTL_MS = 1_500

/** Commands that clients send while nothing happens, as MONITOR shows them. */
export async function idleRows (quick: boolean): Promise<Row[]> {
  const thirds = quick ? 6 : 20
  return [
    await idle('1 election', thirds, (coordinator) => { standFor(coordinator, 1) }),
    await idle('100 resources: 40 elections, 40 watches, 20 shares', thirds, (coordinator) => {
      standFor(coordinator, 40)
      for (let number = 0; number < 40; number++) watch(coordinator, `watched-${number}/`)
      for (let number = 0; number < 20; number++) coordinator.capacity(`share-${number}`, { total: 10 }).want(1)
    }),
    await idle('1 election and a waiting consumer', thirds, (coordinator, stop) => {
      standFor(coordinator, 1)
      coordinator.queue('idle').consume(async () => {}, { concurrency: 10, signal: stop }).catch(() => {})
    })
  ]
}

async function idle (what: string, thirds: number, use: (coordinator: Coordinator, stop: AbortSignal) => void): Promise<Row> {
  return await withRedis(async (redis) => {
    progress(`idle: ${what}`)
    const stop = new AbortController()
    const coordinators: Coordinator[] = []
    for (let number = 0; number < INSTANCES; number++) coordinators.push(await instance(redis, `idle-${number}`, { ttlMs: TTL_MS }))
    for (const coordinator of coordinators) use(coordinator, stop.signal)
    // Elections decided, shares divided.
    await delay(3 * TTL_MS)
    const commands = await monitor(redis, thirds * TTL_MS / 3)
    stop.abort()
    for (const coordinator of coordinators) await coordinator.close()
    const each = commands / thirds / INSTANCES
    return {
      section: 'idle',
      what: `commands per instance and third of a lease, ${what}`,
      figure: each.toFixed(2),
      peers: {},
      target: '<= 1',
      noise: '',
      // The edges of the window cut a third of a lease in two.
      verdict: judge(each, { atMost: 1 + 1 / thirds }, 0),
      values: { commands, thirds, instances: INSTANCES }
    }
  })
}

/** Commands of clients within `ms`; what scripts call in turn is not counted. */
async function monitor ({ port }: RedisServer, ms: number): Promise<number> {
  const socket = connect(port, '127.0.0.1', () => { socket.write('MONITOR\r\n') })
  socket.setEncoding('utf8')
  let text = ''
  socket.on('data', (chunk: string) => { text += chunk })
  await delay(ms)
  socket.destroy()
  return text.split('\n').filter((line) => /^\+\d+\.\d+ \[\d+ (?!lua)/.test(line)).length
}

function standFor (coordinator: Coordinator, elections: number): void {
  for (let number = 0; number < elections; number++) {
    coordinator.elect(`idle-${number}`).run((leadership) => new Promise((resolve) => {
      leadership.signal.addEventListener('abort', () => { resolve() })
    })).catch(() => {})
  }
}

async function watch (coordinator: Coordinator, prefix: string): Promise<void> {
  for await (const change of coordinator.watch(prefix)) if (change === undefined) return
}
