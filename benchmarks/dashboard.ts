import { buildAssets } from '../plugins/dashboard/build.ts'
import { clusterRows } from './dashboard/cluster.ts'
import { firstViewRows } from './dashboard/first-view.ts'
import { keptHistoryRows } from './dashboard/kept-history.ts'
import { stalledViewerRows } from './dashboard/stalled-viewer.ts'
import { unwatchedRows } from './dashboard/unwatched.ts'
import { updateRows } from './dashboard/update.ts'
import { viewerCostRows } from './dashboard/viewer-cost.ts'
import { runSections } from './overload/run-sections.ts'

// npm run bench -- dashboard: what the page costs the service it watches, and the browser it is watched in.

// The page as it is now, not as it was when somebody last built it.
await buildAssets()
await runSections('dashboard', {
  unwatched: () => unwatchedRows(),
  history: ({ quick }) => keptHistoryRows(quick ? 5 : 21),
  viewers: ({ quick }) => viewerCostRows(quick ? 4 : 16, quick ? 4 : 10),
  stalled: () => stalledViewerRows(),
  cluster: ({ quick }) => clusterRows(quick ? 50 : 300),
  page: ({ quick }) => firstViewRows(quick ? 5 : 25),
  update: ({ quick }) => updateRows(quick ? 10 : 30)
})
