import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { AlertsOptions } from '@plimsoll/alerts'
import { dashboardUrl, makeCredentials } from '../credentials.ts'
import { buildPage } from '../page.ts'
import { buildShop } from '../shop/index.ts'
import { makeFault } from './faults.ts'
import type { FaultName } from './faults.ts'

export { FAULTS } from './faults.ts'

const BOUND_MS = 180_000

/** Quicker than a service wants it: a demonstration has no hour to learn what is usual, and no half an hour for a leak. */
const QUICK: AlertsOptions = {
  service: 'chandlery',
  log: false,
  groupWaitMs: 0,
  rules: {
    'latency-threshold': { absoluteMs: 250, forMs: 5000, keepFiringForMs: 5000 },
    'error-rate-spike': { forMs: 5000, keepFiringForMs: 5000 },
    'memory-leak': { minDataMs: 30_000, forMs: 0, keepFiringForMs: 5000 },
    'event-loop-stall': { keepFiringForMs: 5000 },
    'gc-pause': { keepFiringForMs: 5000 }
  }
}

/** Shows a fault of the shop being found and its end: prints what happens, and returns the exit code. */
export async function showFault (name: FaultName): Promise<number> {
  const started = performance.now()
  const say = (text: string): void => console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${text}`)
  const told: string[] = []
  const credentials = makeCredentials()
  await buildPage()
  const app = buildShop({
    credentials,
    watch: {
      ...QUICK,
      notifiers: [{
        type: 'function',
        name: 'terminal',
        notify ({ status, title, alerts, group }) {
          say(`${title}\n          ${alerts[0]?.summary ?? ''}`)
          told.push(`${status} ${group['rule']}`)
        }
      }]
    }
  })
  const fault = makeFault(name, app)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const customers = new Worker(new URL('./customers.ts', import.meta.url), { workerData: `http://127.0.0.1:${port}` })
  try {
    say(`watch it at ${dashboardUrl(port, credentials.operator)}`)
    say(`all is well: 40 requests a second; ${fault.rule} watches (the fault comes in ${Math.round(fault.calmMs / 1000)} s)`)
    await delay(fault.calmMs)
    say(`FAULT ON   ${fault.says}`)
    fault.begin()
    await until(() => told.includes(`firing ${fault.rule}`))
    await delay(3000)
    say('FAULT OFF')
    fault.end()
    await until(() => told.includes(`resolved ${fault.rule}`))
    say(`seen: ${told.join(', ')}`)
    return 0
  } catch (error) {
    say(String(error))
    return 1
  } finally {
    await customers.terminate()
    await app.close()
  }
}

async function until (condition: () => boolean): Promise<void> {
  const deadline = performance.now() + BOUND_MS
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within ${BOUND_MS / 1000} s`)
    await delay(50)
  }
}
