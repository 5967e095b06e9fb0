import { Coordinator } from '@plimsoll/core'
import { seededRandom } from '@plimsoll/core/testing'
import { withoutReceipts } from './controls/receiptless-driver.ts'
import { notingLeases } from './noted-leases.ts'
import { openDriver } from './open-driver.ts'
import { ProcessLogWriter } from './process-log.ts'
import { Sampler } from './sampler.ts'
import { ItemExchange } from './work/exchange-items.ts'
import { Leading } from './work/lead.ts'
import { permitSource } from './work/permit-source.ts'
import { PermitUse } from './work/use-permits.ts'
import type { WorkPorts } from './work/work-ports.ts'
import type { FromWorker, ToWorker, WorkerConfig } from './worker-config.ts'

// One instance of a service in a process of its own, which leads, exchanges items and uses permits, and writes down what it did.

const config: WorkerConfig = JSON.parse(process.argv[2] ?? '')
const log = new ProcessLogWriter(config.logFile, config.monotonicAheadMs)
const stop = new AbortController()
const tell = (message: FromWorker): void => { if (process.connected) process.send?.(message) }
const driver = notingLeases(openDriver(config.driver, config.timings), log)
const coordinator = new Coordinator({
  id: config.id,
  driver: config.conduct.acknowledges === 'without-receipt' ? withoutReceipts(driver) : driver,
  timings: config.timings
})
coordinator.onChange(() => {
  log.add({ kind: 'mode', mode: coordinator.mode, at: log.now() })
  tell({ tell: 'mode', mode: coordinator.mode })
})
const sampler = new Sampler(log)
const ports: WorkPorts = { config, coordinator, log, sampler, random: seededRandom(config.seed), stop: stop.signal, tell }
const leading = new Leading(ports)
const exchange = new ItemExchange(ports)
const tasks = { lead: () => leading.run(), items: () => exchange.consume(), permits: () => new PermitUse({ ...ports, source: permitSource(coordinator, config), total: config.permits }).run() }

process.on('unhandledRejection', failure)
process.on('uncaughtException', failure)
process.on('disconnect', () => { process.exit() })
process.on('SIGTERM', () => { close() })
process.on('message', (message: ToWorker) => { obey(message) })

await coordinator.connect()
const work = Promise.all(config.tasks.map((task) => tasks[task]())).catch(failure)

function obey (message: ToWorker): void {
  if (message.order === 'produce') exchange.produce(message.first, message.count).catch(failure)
  else if (message.order === 'write') leading.want(message.count)
  else if (message.order === 'block') block(message.ms)
  else if (message.order === 'hold-items') exchange.hold()
  else leading.resign()
}

/** Nothing else runs meanwhile; what it is told when it asks, it writes down. */
function block (ms: number): void {
  const from = log.now()
  let next = from
  while (log.now() < from + ms) {
    if (log.now() < next) continue
    sampler.sample()
    log.flush()
    next = log.now() + 0.5
  }
}

async function close (): Promise<void> {
  stop.abort()
  await work
  await coordinator.close()
  log.flush()
  process.exit()
}

function failure (error: unknown): void {
  log.addNow({ kind: 'failure', message: error instanceof Error ? `${error.stack}` : String(error), at: log.now() })
}
