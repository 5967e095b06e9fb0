import { setImmediate as turn } from 'node:timers/promises'
import { fresh, keyBytes, stores } from './stores.ts'

// One limiter in a process of its own: bytes that so many keys add, strings included. Prints one number.

const [name = '', keys = '0'] = process.argv.slice(2)
const count = Number(keys)
const make = stores[name]
if (make === undefined || !(count > 0)) throw new Error(`usage: memory-process.ts <${Object.keys(stores).join(' | ')}> <keys>`)

// Compiled, and whatever is made once is made.
const warm = await make({ limit: 10, windowMs: 600_000, maxKeys: 100 })
for (let i = 0; i < 1000; i++) await warm(fresh(keyBytes(i)), 1)
const before = await live()
const take = await make({ limit: 10, windowMs: 600_000, maxKeys: count })
for (let i = 0; i < count; i++) {
  const allowed = take(fresh(keyBytes(i)), i / 1000)
  if (typeof allowed !== 'boolean') await allowed
}
console.log((await live() - before) / count)
// Still used: or it would have been collected.
await take(fresh(keyBytes(0)), count)
process.exit(0)

async function live (): Promise<number> {
  for (let i = 0; i < 5; i++) {
    globalThis.gc?.()
    await turn()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
