import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Frame } from '@plimsoll/core'
import type { CustomersMessage, FromShop, ShopTask, ToShop } from './messages.ts'
import type { Plan } from './plan.ts'
import { realTimePriority, setRealTimePriority } from './real-time.ts'

const SHOP = fileURLToPath(new URL('./plan-process.ts', import.meta.url))
const CUSTOMERS = fileURLToPath(new URL('./customers-process.ts', import.meta.url))
const NODE_OPTIONS = ['--conditions=plimsoll:source', '--disable-warning=ExperimentalWarning']

/** V8 counts three of these to the heap's limit, which what is kept cannot use: by default 192 MB, so that small heaps would end before they are full. */
const SEMI_SPACE_MB = 2
/** A shop that has opened compiles for so long; until then it runs beside the others, not before them. */
const COMPILES_MS = 10_000
/** What a start takes where others are being recorded. */
const STARTS_MS = 15_000
/** Beyond its plan, before a trace counts as failed. */
const BOUND_MS = 120_000

export interface Written {
  readonly frames: number
  readonly bytes: number
}

/**
 * The processes of a recording: a shop each, and one with the customers of all. Where this one has real-time priority, shops
 * that are being recorded have it as well, and those that start, burn or write have none.
 */
export class RecordingSession {
  readonly #priority = realTimePriority()
  readonly #customers = fork(CUSTOMERS, { execArgv: NODE_OPTIONS })
  readonly #shops = new Set<ChildProcess>()

  /** Whether shops that are being recorded go before everything else on this machine. */
  get realTime (): boolean { return this.#priority !== undefined }

  /** @throws what kept it from being recorded */
  async record (plan: Plan, file: string): Promise<Written> {
    const began = this.#shop({ plan, part: plan.replacedAt === undefined ? 'all' : 'before', file })
    try {
      if (plan.replacedAt === undefined) {
        await this.#open(plan, file, began)
        return await began.written
      }
      return await this.#replace(plan, file, plan.replacedAt, began)
    } finally {
      this.#tell({ type: 'closed', name: file })
    }
  }

  close (): void {
    this.#customers.kill()
    for (const shop of this.#shops) shop.kill()
  }

  /** @param name unlike a plan's, unique */
  async #open ({ seed, streams }: Plan, name: string, shop: RunningShop): Promise<void> {
    this.#tell({ type: 'open', name, port: await shop.port, seed, streams })
  }

  async #replace (plan: Plan, file: string, at: number, old: RunningShop): Promise<Written> {
    await this.#open(plan, file, old)
    await Promise.race([delay(1000 * at - STARTS_MS), old.frames])
    const next = this.#shop({ plan, part: 'after', file })
    this.#tell({ type: 'moved', name: file, port: await next.port })
    old.tell({ type: 'close' })
    next.tell({ type: 'before', frames: await old.frames })
    return await next.written
  }

  #tell (message: CustomersMessage): void { this.#customers.send(message) }

  #shop (task: ShopTask): RunningShop {
    const { heapMb } = task.plan
    const child = fork(SHOP, {
      execArgv: [...NODE_OPTIONS, ...heapMb === undefined ? [] : [`--max-old-space-size=${heapMb}`, `--max-semi-space-size=${SEMI_SPACE_MB}`]],
      env: { ...process.env, NODE_ENV: 'development' },
      serialization: 'advanced'
    })
    this.#shops.add(child)
    this.#prefer(child, false)
    const port = Promise.withResolvers<number>()
    const frames = Promise.withResolvers<readonly Frame[]>()
    const written = Promise.withResolvers<Written>()
    const waited = [port, frames, written]
    child.on('message', (message: FromShop) => {
      switch (message.type) {
        case 'open':
          port.resolve(message.port)
          setTimeout(() => this.#prefer(child, true), COMPILES_MS).unref()
          break
        case 'burning': this.#prefer(child, !message.on); break
        case 'recorded': this.#prefer(child, false); break
        case 'frames': frames.resolve(message.frames); break
        case 'written': written.resolve(message); break
      }
    })
    const bound = setTimeout(() => child.kill('SIGKILL'), 1000 * task.plan.seconds + BOUND_MS)
    once(child, 'exit').then(([code, signal]) => `ended early (${signal ?? `code ${code}`})`, String).then(why => {
      clearTimeout(bound)
      this.#shops.delete(child)
      for (const { reject } of waited) reject(new Error(`the shop ${why}`))
    }, () => {})
    // Nobody waits for all of them.
    for (const { promise } of waited) promise.catch(() => {})
    const tell = (message: ToShop): void => { if (child.connected) child.send(message) }
    tell({ type: 'task', task })
    return { port: port.promise, frames: frames.promise, written: written.promise, tell }
  }

  #prefer (child: ChildProcess, preferred: boolean): void {
    if (this.#priority !== undefined && child.pid !== undefined && child.exitCode === null) setRealTimePriority(child.pid, preferred ? this.#priority : undefined)
  }
}

interface RunningShop {
  readonly port: Promise<number>
  readonly frames: Promise<readonly Frame[]>
  readonly written: Promise<Written>
  tell (message: ToShop): void
}
