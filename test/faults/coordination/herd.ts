import { Coordinator } from '@plimsoll/core'
import { seededRandom } from '@plimsoll/core/testing'
import { openDriver } from './open-driver.ts'
import { ProcessLogWriter } from './process-log.ts'
import { STALL_MS } from './sampler.ts'
import { PERMITS, timings } from './scene-timings.ts'
import { sharedCapacity } from './work/permit-source.ts'
import { PermitUse } from './work/use-permits.ts'
import { sleep } from './work/work-ports.ts'

// A part of a herd: instances that all come up at once, stand for one election, which whoever wins gives up soon, and share permits.

export interface HerdConfig {
  readonly port: number
  readonly instances: number
  /** File name without its number. */
  readonly log: string
  readonly ms: number
  readonly seed: number
}

const HELD_MS = 20
const LOOK_MS = 5

const { port, instances, log, ms, seed }: HerdConfig = JSON.parse(process.argv[2] ?? '')
const stop = AbortSignal.timeout(ms)
const writers: ProcessLogWriter[] = []
noteStalls()
await Promise.all(Array.from({ length: instances }, (_, number) => takePart(number)))
process.exit()

async function takePart (number: number): Promise<void> {
  const writer = new ProcessLogWriter(`${log}.${number}.log`)
  writers.push(writer)
  const coordinator = new Coordinator({ id: `${log}.${number}`, driver: openDriver({ kind: 'redis', port }, timings), timings })
  await coordinator.connect()
  const source = sharedCapacity(coordinator, 'herd', PERMITS)
  await Promise.all([
    stand(coordinator, writer),
    new PermitUse({ coordinator, log: writer, random: seededRandom(seed + number), stop, source, total: PERMITS }).run()
  ])
  await coordinator.close()
  writer.flush()
}

async function stand (coordinator: Coordinator, writer: ProcessLogWriter): Promise<void> {
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
    }, { signal: stop })
    await sleep(1)
  }
}

/** Of the whole process, in everybody's log. */
function noteStalls (): void {
  let last: number | undefined
  setInterval(() => {
    for (const writer of writers) {
      const now = writer.now()
      if (last !== undefined && now - last > STALL_MS) writer.add({ kind: 'stalled', from: last, to: now })
      writer.flush()
    }
    last = writers[0]?.now()
  }, LOOK_MS).unref()
}
