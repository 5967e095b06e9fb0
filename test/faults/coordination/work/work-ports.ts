import type { Coordinator } from '@plimsoll/core'
import type { ProcessLogWriter } from '../process-log.ts'
import type { Sampler } from '../sampler.ts'
import type { FromWorker, WorkerConfig } from '../worker-config.ts'

export interface WorkPorts {
  readonly config: WorkerConfig
  readonly coordinator: Coordinator
  readonly log: ProcessLogWriter
  readonly sampler: Sampler
  readonly random: () => number
  /** Aborted when the worker is to end its work in order. */
  readonly stop: AbortSignal
  readonly tell: (message: FromWorker) => void
}

/** Of a signal that may come at any time; never rejects. */
export function sleep (ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    if (signal?.aborted === true) done()
    else signal?.addEventListener('abort', done)
  })
}
