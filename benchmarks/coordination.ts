import { bootRows } from './coordination/sections/boot.ts'
import { capacityRows } from './coordination/sections/capacity.ts'
import { failoverRows } from './coordination/sections/failover.ts'
import { hotPathRows } from './coordination/sections/hot-path.ts'
import { idleRows } from './coordination/sections/idle.ts'
import { queueRows } from './coordination/sections/queue.ts'
import { runSections } from './overload/run-sections.ts'

// npm run bench -- coordination: the coordinator on a real redis-server.

await runSections('coordination', {
  queue: ({ quick }) => queueRows(quick),
  failover: ({ quick }) => failoverRows(quick),
  idle: ({ quick }) => idleRows(quick),
  capacity: ({ quick }) => capacityRows(quick),
  'hot-path': () => hotPathRows(),
  boot: ({ quick }) => bootRows(quick)
})
process.exit()
