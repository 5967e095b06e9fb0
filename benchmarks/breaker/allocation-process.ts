/** `allocation-process.ts <subject>`: prints the bytes that a call of it allocates; run with a young generation that holds them. */
import { bare, closed } from './subjects.ts'

const [name = ''] = process.argv.slice(2)
const subject = [bare('bare'), ...closed(), bare('bare again')].find(each => each.name === name)
if (subject === undefined) throw new Error(`there is no subject ${name}`)
const times = 50_000
const calls = name.startsWith('mollitia') ? times / 50 : times
for (let warmUp = 0; warmUp < 5; warmUp++) await subject.run(times)
globalThis.gc?.()
const before = process.memoryUsage().heapUsed
await subject.run(times)
console.log((process.memoryUsage().heapUsed - before) / calls)
process.exit()
