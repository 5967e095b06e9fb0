import { writeFileSync } from 'node:fs'
import { parseOptions } from './coordination/options.ts'
import { bootRows } from './coordination/sections/boot.ts'
import { capacityRows } from './coordination/sections/capacity.ts'
import { failoverRows } from './coordination/sections/failover.ts'
import { hotPathRows } from './coordination/sections/hot-path.ts'
import { idleRows } from './coordination/sections/idle.ts'
import { queueRows } from './coordination/sections/queue.ts'
import { progress } from './overload/progress.ts'
import type { Row } from './overload/row.ts'
import { printRows, summaryLine } from './overload/table.ts'

// npm run bench -- coordination [--only queue,failover,…] [--quick] [--json FILE]: the coordinator on a real redis-server.

const sections: Readonly<Record<string, (quick: boolean) => Promise<Row[]>>> = {
  queue: queueRows,
  failover: failoverRows,
  idle: idleRows,
  capacity: capacityRows,
  'hot-path': hotPathRows,
  boot: bootRows
}

const { only, quick, json } = parseOptions(Object.keys(sections))
const started = performance.now()
const rows: Row[] = []
for (const [name, run] of Object.entries(sections)) {
  if (only.length > 0 && !only.includes(name)) continue
  const own = await run(quick)
  progress('')
  printRows(name, own)
  rows.push(...own)
}
if (json !== undefined) writeFileSync(json, JSON.stringify(rows, undefined, 1))
console.log(`\n${summaryLine('coordination', rows, (performance.now() - started) / 1000)}`)
process.exit()
