import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { killOnExit } from './leave-nothing.ts'
import { monotonicMs } from './monotonic.ts'
import { readProcessLog } from './process-log.ts'
import type { ProcessLog } from './record.ts'
import type { FromWorker, ToWorker, WorkerConfig } from './worker-config.ts'

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))

/** One life of a worker, as its parent sees it. */
export class WorkerProcess {
  /** Id and life. */
  readonly name: string
  readonly config: WorkerConfig
  mode = 'starting'
  /** 0: it does not lead, as far as it has told. */
  leadsInEpoch = 0
  written = 0
  heldItems = 0
  /** When it was killed, or else seen to have ended. */
  endedAt: number | undefined
  readonly #child: ChildProcess
  readonly #heard: (worker: WorkerProcess, message: FromWorker) => void

  constructor (name: string, config: WorkerConfig, env: Readonly<Record<string, string>>, heard: (worker: WorkerProcess, message: FromWorker) => void) {
    this.name = name
    this.config = config
    this.#heard = heard
    this.#child = fork(WORKER, [JSON.stringify(config)], {
      execArgv: ['--conditions=plimsoll:source', '--disable-warning=ExperimentalWarning'],
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc']
    })
    killOnExit(this.#child)
    this.#child.on('message', (message: FromWorker) => { this.#hear(message) })
    this.#child.on('error', () => {})
    this.#child.on('exit', () => {
      this.endedAt ??= monotonicMs()
      this.leadsInEpoch = 0
    })
  }

  get alive (): boolean { return this.endedAt === undefined }

  order (order: ToWorker): void {
    if (this.alive && this.#child.connected) this.#child.send(order, () => {})
  }

  signal (signal: 'SIGSTOP' | 'SIGCONT'): void { this.#child.kill(signal) }

  async kill (): Promise<void> { await this.#end('SIGKILL') }

  /** In order: it ends its work, resigns, gives back and leaves. */
  async terminate (): Promise<void> { await this.#end('SIGTERM') }

  log (): ProcessLog {
    const records = existsSync(this.config.logFile) ? readProcessLog(this.config.logFile) : []
    return { process: this.name, records, ...(this.endedAt === undefined ? {} : { endedAt: this.endedAt }) }
  }

  async #end (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (!this.alive) return
    const exited = once(this.#child, 'exit')
    this.#child.kill(signal)
    // It does nothing from here on, however late this process hears of its end.
    if (signal === 'SIGKILL') this.endedAt = monotonicMs()
    await exited
  }

  #hear (message: FromWorker): void {
    if (message.tell === 'mode') this.mode = message.mode
    else if (message.tell === 'leads') this.leadsInEpoch = message.epoch
    else if (message.tell === 'leads-no-more') this.leadsInEpoch = 0
    else if (message.tell === 'wrote') this.written = message.total
    else if (message.tell === 'holds-items') this.heldItems += message.count
    this.#heard(this, message)
  }
}
