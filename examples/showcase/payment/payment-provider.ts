import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** A running payment provider. */
export class PaymentProvider {
  readonly url: string
  readonly #child: ChildProcess

  private constructor (child: ChildProcess, port: number) {
    this.#child = child
    this.url = `http://127.0.0.1:${port}`
  }

  static async start (): Promise<PaymentProvider> {
    const child = fork(new URL('./payment-process.ts', import.meta.url))
    const [port] = await once(child, 'message', { signal: AbortSignal.timeout(90_000) }) as [number]
    child.unref()
    child.channel?.unref()
    return new PaymentProvider(child, port)
  }

  /** Errors, hanging, resets and latency in turn, from now on. */
  beFlaky (scale: number): void { this.#child.send(scale) }

  /** Payments that it was asked for since it started. */
  async payments (): Promise<number> {
    const response = await fetch(`${this.url}/switches`)
    const { payments } = await response.json() as { readonly payments: number }
    return payments
  }

  async stop (): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.ref()
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }
}
