import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { FaultName } from '../../../examples/showcase/fault/faults.ts'
import { PaymentProvider } from '../../../examples/showcase/payment/payment-provider.ts'
import type { Switches } from '../../../examples/showcase/payment/switches.ts'
import { startRedis } from '../../../tools/services.ts'
import type { RunningService } from '../../../tools/services.ts'
import type { Demand, FaultSwitch, Listening } from './messages.ts'
import { StatusStream } from './status-stream.ts'

const START_MS = 60_000
/** As in a small container: a leak has an end that can be seen. */
const HEAP_MB = 512

interface Instance {
  readonly id: string
  readonly child: ChildProcess
  readonly origin: string
}

/** Real instances of the shop with real traffic, a real payment provider and, of several, a real Redis. */
export class Fleet {
  readonly instances: readonly Instance[]
  readonly payments: PaymentProvider
  readonly redis: RunningService | undefined
  /** What the first instance's dashboard says of all. */
  readonly status: StatusStream
  readonly #customers: Worker

  private constructor (instances: readonly Instance[], payments: PaymentProvider, redis: RunningService | undefined) {
    this.instances = instances
    this.payments = payments
    this.redis = redis
    this.#customers = new Worker(new URL('./customers.ts', import.meta.url), { workerData: instances.map(({ origin }) => origin) })
    this.status = new StatusStream(instances[0]!.origin)
  }

  /** More than one coordinate over Redis. */
  static async start (count: number): Promise<Fleet> {
    const payments = await PaymentProvider.start()
    const redis = count > 1 ? await startRedis() : undefined
    const redisUrl = redis === undefined ? '' : `redis://127.0.0.1:${redis.port}`
    const instances = await Promise.all(Array.from({ length: count }, (_, index) => startInstance(`shop-${index + 1}`, payments.url, redisUrl)))
    return new Fleet(instances, payments, redis)
  }

  /** Switches a fault of the shop. */
  turn (fault: FaultName, on: boolean, instance: number = 0): void {
    const message: FaultSwitch = { fault, on }
    this.instances[instance]!.child.send(message)
  }

  async turnPayments (change: Partial<Switches>): Promise<void> {
    await fetch(`${this.payments.url}/switches`, { method: 'PUT', body: JSON.stringify(change) })
  }

  demand (demand: Demand): void { this.#customers.postMessage(demand) }

  async stop (): Promise<void> {
    await this.status.close()
    await this.#customers.terminate()
    await Promise.all(this.instances.map(async ({ child }) => {
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    }))
    await this.payments.stop()
    await this.redis?.stop()
  }
}

async function startInstance (id: string, paymentUrl: string, redisUrl: string): Promise<Instance> {
  const child = fork(new URL('./shop-process.ts', import.meta.url), [id, paymentUrl, redisUrl], {
    env: { ...process.env, NODE_ENV: 'development' },
    execArgv: [...process.execArgv, `--max-old-space-size=${HEAP_MB}`]
  })
  const [message] = await Promise.race([once(child, 'message', { signal: AbortSignal.timeout(START_MS) }), diedEarly(id, child)])
  const { port }: Listening = message
  return { id, child, origin: `http://127.0.0.1:${port}` }
}

async function diedEarly (id: string, child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit')
  throw new Error(`${id} ended with ${code} before it listened`)
}
