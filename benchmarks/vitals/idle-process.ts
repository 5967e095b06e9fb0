import { createHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { systemClock } from '../../core/src/clock.ts'
import { Vitals } from '../../core/src/vitals/vitals.ts'
import { median } from '../overload/statistics.ts'

// A process that does nothing but watch itself: prints the share of a core that it used, as JSON.

const watches: Readonly<Record<string, () => unknown>> = {
  none: () => undefined,
  vitals: () => subscribe(1),
  'vitals-50': () => subscribe(50),
  'native-10': () => monitorEventLoopDelay({ resolution: 10 }).enable(),
  'native-50': () => monitorEventLoopDelay({ resolution: 50 }).enable(),
  'timer-50': () => watchByTimer(50),
  async 'under-pressure' () {
    const { default: fastify } = await import('fastify')
    const { default: underPressure } = await import('@fastify/under-pressure')
    const app = fastify()
    app.register(underPressure, { maxEventLoopDelay: 1000, maxHeapUsedBytes: 1e12, maxRssBytes: 1e12, maxEventLoopUtilization: 0.98 })
    await app.ready()
  }
}

const [name = '', seconds = ''] = process.argv.slice(2)
await watches[name]?.()
// What is loaded once and compiled lazily is not what watching costs.
await setTimeout(2500)
const slices: number[] = []
for (let slice = 0; slice < Number(seconds); slice += 2) {
  const started = process.cpuUsage()
  const at = performance.now()
  await setTimeout(2000)
  const { user, system } = process.cpuUsage(started)
  slices.push((user + system) / 1000 / (performance.now() - at))
}
console.log(JSON.stringify(median(slices)))
process.exit()

function subscribe (subscribers: number): void {
  const vitals = new Vitals({ clock: systemClock, listenerFailed: console.error })
  for (let i = 0; i < subscribers; i++) vitals.subscribe(() => {})
}

function watchByTimer (interval: number): void {
  const histogram = createHistogram()
  let due = performance.now() + interval
  setInterval(() => {
    const now = performance.now()
    histogram.record(Math.max(1, Math.round((now - due) * 1e6)))
    due = now + interval
  }, interval)
}
