// One shop, of which a plan's trace is recorded. A process holds only one: event loop and collections are its own.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Frame } from '@plimsoll/core'
import { encodeRecording } from '../../../plugins/alerts/test/traces/recording.ts'
import { makeSwitch } from './disturb.ts'
import type { FromShop, ShopTask, ToShop } from './messages.ts'
import type { Plan } from './plan.ts'
import { RecordedShop } from './recorded-shop.ts'
import type { Recorded } from './recorded-shop.ts'

/** From the moment its customers are elsewhere to its end: what a platform leaves a process for what is still in flight. */
const DRAINED_MS = 3000

/** Those that hold the loop, or all of a processor. */
const BURNING: readonly string[] = ['stall', 'hot-loop', 'collections', 'rush']

const task = Promise.withResolvers<ShopTask>()
const replaced = Promise.withResolvers<void>()
const before = Promise.withResolvers<readonly Frame[]>()
process.on('message', (message: ToShop) => {
  if (message.type === 'task') task.resolve(message.task)
  else if (message.type === 'close') replaced.resolve()
  else before.resolve(message.frames)
})
process.on('disconnect', () => process.exit())
process.on('SIGINT', () => {})

const { plan, part, file } = await task.promise
const shop = await RecordedShop.build({ sells: plan.streams.some(({ mix }) => mix === 'orders') })
const happenings = plan.happenings.map(happening => ({ ...happening, change: makeSwitch(happening.disturbance, shop) }))
await shop.open()
await tell({ type: 'open', port: shop.port })
await Promise.all([part === 'before' ? untilReplaced() : delay(1000 * (part === 'after' ? plan.seconds - (plan.replacedAt ?? 0) : plan.seconds)), ...happenings.map(happen)])
const recorded = await shop.close()
if (part === 'before') await tell({ type: 'frames', frames: recorded.frames })
else {
  await tell({ type: 'recorded' })
  await write(plan, part === 'after' ? await before.promise : [], recorded)
}
process.disconnect()

async function untilReplaced (): Promise<void> {
  await replaced.promise
  await delay(DRAINED_MS)
}

async function happen ({ from, until, disturbance, change }: typeof happenings[number], index: number): Promise<void> {
  const isFault = index === 0 && plan.fires !== undefined
  const burns = BURNING.includes(disturbance.what)
  await delay(1000 * from)
  if (burns) await tell({ type: 'burning', on: true })
  if (isFault) shop.faultBegins()
  change.begin()
  await delay(1000 * (until - from))
  change.end()
  if (isFault) shop.faultEnds()
  if (burns) await tell({ type: 'burning', on: false })
}

async function write ({ kind, fires, may, rules }: Plan, earlier: readonly Frame[], { frames, fault }: Recorded): Promise<void> {
  const all = [...earlier, ...frames]
  const incident = fires === undefined || fault === undefined ? undefined : { ...fires, ...fault }
  const bytes = encodeRecording({ kind, incident, may, ...(rules && { rules }) }, all)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, bytes)
  await tell({ type: 'written', frames: all.length, bytes: bytes.length })
}

/** Until it is on its way: what is not is lost with the process. */
async function tell (message: FromShop): Promise<void> {
  await new Promise(resolve => process.send?.(message, resolve))
}
