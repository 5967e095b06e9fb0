import { startGenerator, tallyOf } from '../../tools/load/index.ts'
import { cores, ServerProcess } from '../overload/server-process.ts'
import type { Variant } from '../overload/variants.ts'

/** Requests of one measurement; the same arrivals for every variant of a block. */
export interface Load {
  /** Mean arrivals a second. */
  readonly rate: number
  readonly seconds: number
}

/**
 * A CPU comparison of two servers that both stay up, in blocks of A B B A: what changes steadily over a block (clock speed, heat,
 * neighbours) falls out of the block's ratio.
 */
export class CpuComparison {
  readonly #a: ServerProcess
  readonly #b: ServerProcess
  readonly #load: Load

  private constructor (a: ServerProcess, b: ServerProcess, load: Load) {
    this.#a = a
    this.#b = b
    this.#load = load
  }

  static async start (a: Variant, b: Variant, load: Load): Promise<CpuComparison> {
    const start = (variant: Variant): Promise<ServerProcess> => ServerProcess.start({ variant, work: '0/0', roundsPerMs: 0 })
    const comparison = new CpuComparison(await start(a), await start(b), load)
    // Both compile their hot paths before the first block.
    for (const server of [comparison.#a, comparison.#b, comparison.#a, comparison.#b]) await comparison.#cpuPerRequest(server, 1)
    return comparison
  }

  /** CPU of a request of A over CPU of a request of B, of one block: 0.98 means that B costs 2 % more. */
  async block (seed: number): Promise<number> {
    const first = await this.#cpuPerRequest(this.#a, seed)
    const second = await this.#cpuPerRequest(this.#b, seed)
    const third = await this.#cpuPerRequest(this.#b, seed)
    const fourth = await this.#cpuPerRequest(this.#a, seed)
    return (first + fourth) / (second + third)
  }

  async stop (): Promise<void> {
    await Promise.all([this.#a.stop(), this.#b.stop()])
  }

  async #cpuPerRequest (server: ServerProcess, seed: number): Promise<number> {
    const before = await server.usage()
    const served = await serve(server, this.#load, seed)
    const after = await server.usage()
    return (after.cpuMs - before.cpuMs) / served
  }
}

/** @throws {Error} when not every request was served: a refusal is cheap, and would pass for thrift */
export async function serve (server: ServerProcess, { rate, seconds }: Load, seed: number): Promise<number> {
  const report = await startGenerator({
    loop: 'open',
    mode: 'warm',
    connections: 50,
    port: server.port,
    classes: [{ name: 'normal', weight: 1, path: '/normal' }],
    phases: [{ seconds, rate }],
    deadlineMs: 3000,
    seed
  }, cores.generator).done
  const tally = tallyOf(report)
  if (tally.ok !== tally.offered) throw new Error(`a healthy server served only ${tally.ok} of ${tally.offered} requests (${tally.refused} refused)`)
  return tally.ok
}
