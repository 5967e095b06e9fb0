// Runs seeds from 1 until one violates; prints it, or `none`.
import { simulate } from './simulate.ts'

Error.stackTraceLimit = 0
process.on('unhandledRejection', () => {})
const seeds = Number(process.argv[2])
let found = 'none'
for (let seed = 1; seed <= seeds && found === 'none'; seed++) {
  const { violations } = await simulate(seed)
  if (violations.length > 0) found = `seed ${seed}: ${violations.join('; ')}`
}
console.log(found)
