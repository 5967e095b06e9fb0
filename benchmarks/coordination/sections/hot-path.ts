import type { Leadership } from '@plimsoll/core'
import { judge } from '../../overload/row.ts'
import type { Row } from '../../overload/row.ts'
import { median } from '../../overload/statistics.ts'
import { instance, withRedis } from '../store.ts'

const CALLS = 1_000_000
const ROUNDS = 9
/** What the measurement itself leaves behind. */
const BYTES_A_CALL = 0.5

/** What is asked before each step of a leader, and before each piece of work: nothing may be sent for it, and nothing allocated. */
export async function hotPathRows (): Promise<Row[]> {
  return await withRedis(async (redis) => {
    const coordinator = await instance(redis, 'hot')
    const { promise, resolve } = Promise.withResolvers<Leadership>()
    const leading = coordinator.elect('hot').run((leadership) => {
      resolve(leadership)
      return untilAborted(leadership.signal)
    })
    const leadership = await promise
    const share = coordinator.capacity('hot', { total: 10 })
    while (share.granted === 0) await new Promise((resolve) => { setTimeout(resolve, 5) })
    const sent = (): number => coordinator.link.commands
    const rows = [
      row('isHeld()', () => leadership.isHeld(), sent),
      row('tryAcquire() and release()', () => {
        const got = share.tryAcquire()
        share.release()
        return got
      }, sent)
    ]
    await coordinator.close()
    await leading
    return rows
  })
}

function untilAborted (signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => { resolve() })
  })
}

function row (what: string, call: () => boolean, sent: () => number): Row {
  const before = sent()
  const rounds = Array.from({ length: ROUNDS }, () => {
    const heap = process.memoryUsage().heapUsed
    const from = performance.now()
    let yes = 0
    for (let number = 0; number < CALLS; number++) if (call()) yes += 1
    const ns = (performance.now() - from) * 1e6 / CALLS
    if (yes !== CALLS) throw new Error(`${what} said no`)
    return { ns, bytes: Math.max(0, process.memoryUsage().heapUsed - heap) / CALLS }
  }).slice(2)
  const bytes = median(rounds.map((round) => round.bytes))
  const commands = sent() - before
  return {
    section: 'hot-path',
    what,
    figure: `${median(rounds.map(({ ns }) => ns)).toFixed(0)} ns, ${bytes.toFixed(2)} bytes, ${commands} commands in ${ROUNDS} million calls`,
    peers: {},
    target: 'no I/O, no allocation',
    noise: '',
    verdict: judge(bytes + commands, { atMost: BYTES_A_CALL }, 0),
    values: rounds
  }
}
