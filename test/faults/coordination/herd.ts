import { Coordinator } from '@plimsoll/core'
import { openDriver } from './open-driver.ts'
import { ProcessLogWriter } from './process-log.ts'
import { timings } from './scene-timings.ts'
import { sleep } from './work/work-ports.ts'

// A part of a herd: instances that all come up at once and stand for one election, which whoever wins gives up soon.

export interface HerdConfig {
  readonly port: number
  readonly instances: number
  /** File name without its number. */
  readonly log: string
  readonly ms: number
}

const HELD_MS = 20

const { port, instances, log, ms }: HerdConfig = JSON.parse(process.argv[2] ?? '')
const stop = AbortSignal.timeout(ms)
await Promise.all(Array.from({ length: instances }, (_, number) => stand(number)))
process.exit()

async function stand (number: number): Promise<void> {
  const writer = new ProcessLogWriter(`${log}.${number}.log`)
  const coordinator = new Coordinator({ id: `${log}.${number}`, driver: openDriver({ kind: 'redis', port }, timings), timings })
  await coordinator.connect()
  while (!stop.aborted) {
    await coordinator.elect('herd').run(async (leadership) => {
      const epoch = Number(leadership.fence.epoch)
      writer.add({ kind: 'elected', epoch, at: writer.now() })
      for (const until = writer.now() + HELD_MS; writer.now() < until && !leadership.signal.aborted;) {
        const from = writer.now()
        const yes = leadership.isHeld()
        const to = writer.now()
        if (yes) writer.add({ kind: 'held', epoch, from, to })
        await sleep(1)
      }
      writer.flush()
    }, { signal: stop })
    await sleep(1)
  }
  await coordinator.close()
}
