import { percentileRows } from './monitor/percentiles.ts'
import { recordingRows } from './monitor/recording.ts'
import { scrapeRows } from './monitor/scrape.ts'
import { serviceBytesRows } from './monitor/service-bytes.ts'
import { serviceCpuRows } from './monitor/service-cpu.ts'
import { unwatchedRows } from './monitor/unwatched.ts'
import { runSections } from './overload/run-sections.ts'

// npm run bench -- monitor: what recording a request costs, how right its percentiles are, and what a scrape holds up.

await runSections('monitor', {
  recording: ({ quick, rounds }) => recordingRows(rounds ?? (quick ? 2 : 7)),
  percentiles: () => percentileRows(),
  scrape: ({ quick, rounds }) => scrapeRows(rounds ?? (quick ? 8 : 30)),
  unwatched: () => unwatchedRows(),
  bytes: ({ quick, rounds }) => serviceBytesRows(rounds ?? (quick ? 1 : 3)),
  cpu: ({ quick, rounds }) => serviceCpuRows(rounds ?? (quick ? 3 : 14))
})
