import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { FromGenerator, ToGenerator } from './messages.ts'
import type { GeneratorOptions } from './options.ts'
import { nodeOnCpu } from './pinning.ts'
import type { LiveStats, Report } from './report.ts'

export { canPin, nodeOnCpu } from './pinning.ts'
export { quantileMs, tallyOf } from './report.ts'
export type { Phase } from './arrivals.ts'
export type { GeneratorOptions, OpenLoopOptions, TrafficClass } from './options.ts'
export type { BinColumn, LiveStats, Report, Tally } from './report.ts'

export interface RunningGenerator {
  /** Resolves when the connections are open and the load begins. */
  readonly ready: Promise<void>
  /** Resolves when all that was sent is settled; rejects when the server can't be reached or the process dies. */
  readonly done: Promise<Report>
  /** The latest live figures; undefined before the first ones. */
  stats: () => LiveStats | undefined
  /** Calls back with each set of live figures. */
  onStats: (listener: (stats: LiveStats) => void) => void
  /** Sends no more requests; `done` resolves with what was measured until then. */
  stop: () => void
}

/**
 * Starts a load in a process of its own.
 * @param cpu the core to tie it to, where the machine can do that
 */
export function startGenerator (options: GeneratorOptions, cpu?: number): RunningGenerator {
  const child = fork(fileURLToPath(new URL('./generator.ts', import.meta.url)), {
    ...nodeOnCpu(cpu, ['--conditions=plimsoll:source']),
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc']
  })
  const tell = (message: ToGenerator): void => { if (child.connected) child.send(message) }
  const ready = Promise.withResolvers<void>()
  const done = Promise.withResolvers<Report>()
  const fail = (error: Error): void => {
    ready.reject(error)
    done.reject(error)
    child.kill()
  }
  // Whoever awaits only one of the two must not be killed by the other as an unhandled rejection.
  ready.promise.catch(() => {})
  done.promise.catch(() => {})

  let latest: LiveStats | undefined
  const listeners: Array<(stats: LiveStats) => void> = []
  child.on('message', (message: FromGenerator) => {
    switch (message.type) {
      case 'ready': ready.resolve(); break
      case 'stats':
        latest = message.stats
        for (const listener of listeners) listener(message.stats)
        break
      case 'done': done.resolve(message.report); break
      case 'failed': fail(new Error(message.message)); break
    }
  })
  child.once('error', fail)
  child.once('exit', (code, signal) => fail(new Error(`the load generator ended early (${signal ?? `code ${code}`})`)))
  tell({ type: 'run', options })

  return {
    ready: ready.promise,
    done: done.promise,
    stats: () => latest,
    onStats: (listener) => { listeners.push(listener) },
    stop: () => tell({ type: 'stop' })
  }
}
