import { writeFileSync } from 'node:fs'
import { monotonicMs } from '../../test/faults/coordination/monotonic.ts'

// A process that does nothing but look how late its timers are: what delays it delays any process of this machine.

const EVERY_MS = 2
const file = process.argv[2] ?? ''
const late: [at: number, ms: number][] = []
let due = monotonicMs() + EVERY_MS

function tick (): void {
  const now = monotonicMs()
  if (now - due > 1) late.push([now, now - due])
  due = now + EVERY_MS
  setTimeout(tick, EVERY_MS)
}

setTimeout(tick, EVERY_MS)
process.on('message', () => {
  writeFileSync(file, JSON.stringify(late))
  process.exit()
})
process.on('disconnect', () => process.exit())
