import { performance } from 'node:perf_hooks'
import { ClosedLoop } from './closed-loop.ts'
import type { Load } from './load.ts'
import { OpenLoop } from './open-loop.ts'
import { defaults, type GeneratorOptions } from './options.ts'
import type { FromGenerator, ToGenerator } from './messages.ts'

// The generator's process: a load is never made in the process that it measures, nor in the one that reports it.

let load: Load | undefined

process.on('message', (message: ToGenerator) => {
  if (message.type === 'stop') load?.stop()
  else run(message.options).catch((error: Error) => tell({ type: 'failed', message: error.message }))
})
process.on('disconnect', () => process.exit())
// Ctrl-C reaches the whole process group; the parent decides how the load ends.
process.on('SIGINT', () => {})

async function run (options: GeneratorOptions): Promise<void> {
  const current = options.loop === 'open' ? new OpenLoop(options) : new ClosedLoop(options)
  load = current
  await current.open()
  tell({ type: 'ready' })

  const cpuBefore = process.cpuUsage()
  const live = setInterval(() => {
    tell({ type: 'stats', stats: current.recorder.live(current.elapsedMs(), current.phase) })
  }, options.statsEveryMs ?? defaults.statsEveryMs)
  await current.run()
  clearInterval(live)

  const { user, system } = process.cpuUsage(cpuBefore)
  const startedAtMs = performance.timeOrigin + performance.now() - current.elapsedMs()
  const report = current.recorder.report(startedAtMs, (user + system) / 1000 / current.elapsedMs())
  process.send?.({ type: 'done', report } satisfies FromGenerator, () => process.disconnect())
}

function tell (message: FromGenerator): void {
  process.send?.(message)
}
