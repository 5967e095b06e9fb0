Error.stackTraceLimit = 0
import { simulate } from './simulate.ts'

const [from = '1', count = '100'] = process.argv.slice(2)
const start = performance.now()
const faults: Record<string, number> = {}
let operations = 0
let fewest = Infinity
let events = 0
let violating = 0
for (let seed = Number(from); seed < Number(from) + Number(count); seed++) {
  const result = await simulate(seed)
  operations += result.operations
  events += result.events
  fewest = Math.min(fewest, result.operations)
  for (const [kind, times] of Object.entries(result.faults)) faults[kind] = (faults[kind] ?? 0) + times
  if (result.violations.length > 0) {
    violating += 1
    if (violating <= 20) console.log(seed, result.violations.join('; '), JSON.stringify(result.faults))
  }
}
console.log({ seconds: (performance.now() - start) / 1000, operations, fewest, events, faults, violating })
