import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Clock } from '@plimsoll/core'
import type { ClassicBuckets } from './classic-buckets.ts'
import { ABORTED, outcomeOfStatus, RESET, TIMEOUT } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { Traffic } from './traffic.ts'

/** Origins with figures of their own, `(other)` included. */
export const MAX_UPSTREAMS = 200
const OTHER = 0
const MAX_ORIGIN_LENGTH = 200

interface Call {
  readonly slot: number
  readonly startedAt: number
  status: number
}

/**
 * Every call that leaves the process through undici (npm's or the one in Node's `fetch`), by origin, from its making to the
 * end of its answer. https://undici.nodejs.org/#/docs/api/DiagnosticsChannel
 */
export class UpstreamMonitor {
  readonly traffic: Traffic
  readonly #clock: Pick<Clock, 'now'>
  readonly #origins: string[] = ['(other)']
  readonly #slots: Map<string, number> = new Map()
  readonly #calls: WeakMap<object, Call> = new WeakMap()
  readonly #channels: ReadonlyArray<readonly [name: string, listener: (message: unknown) => void]> = [
    ['undici:request:create', (message) => this.#created(message)],
    ['undici:request:headers', (message) => this.#answered(message)],
    ['undici:request:trailers', (message) => this.#finished(message)],
    ['undici:request:error', (message) => this.#failed(message)]
  ]

  constructor (clock: Pick<Clock, 'now'>, buckets: ClassicBuckets) {
    this.traffic = new Traffic(MAX_UPSTREAMS, buckets)
    this.#clock = clock
  }

  get size (): number { return this.#origins.length }

  originOf (slot: number): string { return this.#origins[slot]! }

  open (): void {
    for (const [name, listener] of this.#channels) subscribe(name, listener)
  }

  close (): void {
    for (const [name, listener] of this.#channels) unsubscribe(name, listener)
  }

  #created (message: unknown): void {
    const { request } = message as CreateMessage
    const slot = this.#slotOf(request.origin)
    this.traffic.begin(slot)
    this.#calls.set(request, { slot, startedAt: this.#clock.now(), status: 0 })
  }

  #answered (message: unknown): void {
    const { request, response } = message as HeadersMessage
    const call = this.#calls.get(request)
    if (call !== undefined) call.status = response.statusCode
  }

  #finished (message: unknown): void {
    const { request } = message as CreateMessage
    const call = this.#calls.get(request)
    if (call !== undefined) this.#end(request, call, outcomeOfStatus(call.status))
  }

  #failed (message: unknown): void {
    const { request, error } = message as ErrorMessage
    const call = this.#calls.get(request)
    if (call !== undefined) this.#end(request, call, outcomeOfError(error))
  }

  #end (request: object, { slot, startedAt }: Call, outcome: Outcome): void {
    // A call ends once, whatever is published after it.
    this.#calls.delete(request)
    this.traffic.end(slot)
    this.traffic.record(slot, outcome, this.#clock.now() - startedAt, 0, 0)
  }

  #slotOf (given: string | URL): number {
    const origin = typeof given === 'string' ? given : given.origin
    const known = this.#slots.get(origin)
    if (known !== undefined) return known
    if (this.#origins.length === MAX_UPSTREAMS || origin.length > MAX_ORIGIN_LENGTH) return OTHER
    const slot = this.#origins.push(origin) - 1
    this.#slots.set(origin, slot)
    return slot
  }
}

// As undici documents its messages.
interface CreateMessage { readonly request: { readonly origin: string | URL } }
interface HeadersMessage extends CreateMessage { readonly response: { readonly statusCode: number } }
interface ErrorMessage extends CreateMessage { readonly error: { readonly code?: unknown, readonly name?: unknown } | null | undefined }

function outcomeOfError (error: ErrorMessage['error']): Outcome {
  const words = `${String(error?.code)} ${String(error?.name)}`
  if (/TIMEOUT|TimeoutError/.test(words)) return TIMEOUT
  return /ABORTED|AbortError/.test(words) ? ABORTED : RESET
}
