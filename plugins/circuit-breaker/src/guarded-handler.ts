import type { IncomingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import type { CallTimeoutError } from './errors.ts'
import { NOTHING_TO_CONTROL } from './undici-dispatch.ts'
import type { DispatchController, DispatchHandler } from './undici-dispatch.ts'
import type { UpstreamCall } from './upstream-call.ts'

/** Sees how a call ends, and hands everything on to the handler of whoever makes it. */
export class GuardedHandler implements DispatchHandler {
  readonly #inner: DispatchHandler
  readonly #call: UpstreamCall
  #controller: DispatchController | undefined
  // The caller was told of the end before the call was on a connection.
  #isOver = false

  constructor (inner: DispatchHandler, call: UpstreamCall) {
    this.#inner = inner
    this.#call = call
    call.limit(this)
  }

  onRequestStart (controller: DispatchController, context: unknown): void {
    this.#controller = controller
    if (this.#isOver && this.#call.timedOut !== undefined) return controller.abort(this.#call.timedOut)
    this.#inner.onRequestStart?.(controller, context)
  }

  onRequestUpgrade (controller: DispatchController, statusCode: number, headers: IncomingHttpHeaders, socket: Duplex): void {
    this.#call.upgraded()
    this.#inner.onRequestUpgrade?.(controller, statusCode, headers, socket)
  }

  onResponseStart (controller: DispatchController, statusCode: number, headers: IncomingHttpHeaders, statusMessage?: string): void {
    this.#call.responded(statusCode)
    try {
      this.#inner.onResponseStart?.(controller, statusCode, headers, statusMessage)
    } catch (error) {
      throw this.#callerFailed(error)
    }
  }

  onResponseData (controller: DispatchController, chunk: Buffer): void {
    try {
      this.#inner.onResponseData?.(controller, chunk)
    } catch (error) {
      throw this.#callerFailed(error)
    }
  }

  onResponseEnd (controller: DispatchController, trailers: IncomingHttpHeaders): void {
    this.#call.ended()
    this.#inner.onResponseEnd?.(controller, trailers)
  }

  onResponseError (controller: DispatchController | null, error: Error): void {
    this.#call.failed(error, controller?.aborted === true)
    if (!this.#isOver) this.#inner.onResponseError?.(controller ?? NOTHING_TO_CONTROL, error)
  }

  onResponseStarted (): void { this.#inner.onResponseStarted?.() }

  onBodySent (...sent: never[]): void { this.#inner.onBodySent?.(...sent) }

  onRequestSent (): void { this.#inner.onRequestSent?.() }

  /** At the deadline. */
  cancel (error: CallTimeoutError): void {
    if (this.#controller !== undefined) return this.#controller.abort(error)
    // It waits for a connection, where nothing can abort it yet.
    this.#isOver = true
    this.#inner.onResponseError?.(NOTHING_TO_CONTROL, error)
  }

  #callerFailed (error: unknown): unknown {
    this.#call.failed(error, true)
    return error
  }
}
