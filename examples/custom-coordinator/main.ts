import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Coordinator, isCoordinatorError } from '@plimsoll/core'
import type { Fence } from '@plimsoll/core'
import { SqliteDriver } from './sqlite-driver.ts'

// Two instances on one file; in a service each is a process of its own.
const folder = await mkdtemp(join(tmpdir(), 'plimsoll-example-'))
const file = join(folder, 'coordinator.sqlite')
const instance = (id: string): Coordinator => new Coordinator({ id, driver: new SqliteDriver({ file, firstUse: true }), timings: { ttlMs: 1_500 } })
const a = instance('worker-a')
const b = instance('worker-b')
await a.connect()
await b.connect()

let oldFence: Fence | undefined
await a.elect('nightly').run(async ({ fence }) => {
  console.log('worker-a leads')
  await a.set('report', { by: 'worker-a' }, { fence })
  oldFence = fence
})

await b.elect('nightly').run(async () => {
  // What worker-a had in flight when it stopped leading: the store refuses it.
  const refused = oldFence && await a.set('report', { by: 'worker-a, late' }, { fence: oldFence }).catch((error: unknown) => error)
  console.log('the late write of worker-a is refused:', isCoordinatorError(refused, 'FENCED'))
  console.log('worker-b leads')
})

await a.queue<{ to: string }>('mails').push({ to: 'a@example.org' }, { id: 'order-1' })
for (const mail of await b.queue<{ to: string }>('mails').claim(10)) console.log(`worker-b got ${mail.id}, acknowledged: ${await mail.ack()}`)

const shares = [a, b].map((coordinator) => coordinator.capacity('db', { total: 4 }))
for (const share of shares) share.want(4)
while (shares.some(({ granted }) => granted !== 2)) await new Promise((resolve) => { setTimeout(resolve, 20) })
console.log(`shares ${shares.map(({ granted }) => granted).join(' + ')} of 4`)

await a.close()
await b.close()
await rm(folder, { recursive: true })
