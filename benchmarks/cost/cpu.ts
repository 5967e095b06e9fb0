import { startGenerator, tallyOf, type Tally } from '../../tools/load/index.ts'
import type { Usage } from '../overload/server-messages.ts'
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
    return new CpuComparison(await start(a), await start(b), load)
  }

  async warmUp (): Promise<void> {
    for (const server of [this.#a, this.#b]) await warmUp(server, this.#load)
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
    const { served, before, after } = await serve(server, this.#load, seed)
    return (after.cpuMs - before.cpuMs) / served
  }
}

/**
 * So many requests until V8 has compiled all hot paths: in its first 18,000 a server took a third more CPU for each than
 * after them, and the more so the more code a variant runs.
 */
const WARM_UP_REQUESTS = 30_000

/** Serves so many requests that what is measured afterwards is the service's steady state. */
export async function warmUp (server: ServerProcess, load: Load): Promise<void> {
  const seconds = WARM_UP_REQUESTS / load.rate / WARM_UPS
  for (let run = 1; run <= WARM_UPS; run++) await serve(server, { ...load, seconds }, run)
}

/** In parts, since a part in which something was refused is repeated. */
const WARM_UPS = 3

/** A healthy load was not served as a whole, so that its cost can't be told. */
export class NotServed extends Error {}

/** A stall of the machine makes a protection refuse; it seldom comes twice in a row. */
const MOST_ATTEMPTS = 5

export interface Served {
  readonly served: number
  readonly before: Usage
  readonly after: Usage
}

/**
 * Serves the load and tells what the server had used before and after.
 * @throws {NotServed} when no attempt had every request served: a refusal is cheap, and would pass for thrift
 */
export async function serve (server: ServerProcess, load: Load, seed: number): Promise<Served> {
  for (let attempt = 1; ; attempt++) {
    const before = await server.usage()
    const { ok, offered, refused } = await send(server, load, seed)
    const after = await server.usage()
    if (ok === offered) return { served: ok, before, after }
    if (attempt === MOST_ATTEMPTS) throw new NotServed(`served ${ok} of ${offered} requests and refused ${refused}, ${attempt} times in a row`)
  }
}

async function send (server: ServerProcess, { rate, seconds }: Load, seed: number): Promise<Tally> {
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
  return tallyOf(report)
}
