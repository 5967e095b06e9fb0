import type { Duplex } from 'node:stream'
import type { CallTimeoutError } from './errors.ts'
import type { LegacyHandler } from './undici-dispatch.ts'
import type { UpstreamCall } from './upstream-call.ts'

/** As {@link GuardedHandler}, for the handlers that undici had before version 7, which the fetch of Node 22 and 24 has still. */
export class GuardedLegacyHandler implements LegacyHandler {
  readonly #inner: LegacyHandler
  readonly #call: UpstreamCall
  #abort: ((reason?: Error) => void) | undefined
  #isAborted = false
  #isOver = false

  constructor (inner: LegacyHandler, call: UpstreamCall) {
    this.#inner = inner
    this.#call = call
    call.limit(this)
  }

  onConnect (abort: (reason?: Error) => void, context?: unknown): void {
    this.#abort = abort
    if (this.#isOver) return abort(this.#call.timedOut)
    this.#inner.onConnect?.(reason => {
      this.#isAborted = true
      abort(reason)
    }, context)
  }

  onUpgrade (statusCode: number, headers: unknown, socket: Duplex): void {
    this.#call.upgraded()
    this.#inner.onUpgrade?.(statusCode, headers, socket)
  }

  onHeaders (statusCode: number, headers: unknown, resume: () => void, statusText: string): boolean {
    this.#call.responded(statusCode)
    try {
      return this.#inner.onHeaders?.(statusCode, headers, resume, statusText) ?? true
    } catch (error) {
      throw this.#callerFailed(error)
    }
  }

  onData (chunk: Buffer): boolean {
    try {
      return this.#inner.onData?.(chunk) ?? true
    } catch (error) {
      throw this.#callerFailed(error)
    }
  }

  onComplete (trailers: unknown): void {
    this.#call.ended()
    this.#inner.onComplete?.(trailers)
  }

  onError (error: Error): void {
    this.#call.failed(error, this.#isAborted)
    if (!this.#isOver) this.#inner.onError?.(error)
  }

  onResponseStarted (): void { this.#inner.onResponseStarted?.() }

  onBodySent (...sent: never[]): void { this.#inner.onBodySent?.(...sent) }

  onRequestSent (): void { this.#inner.onRequestSent?.() }

  /** At the deadline. */
  cancel (error: CallTimeoutError): void {
    if (this.#abort !== undefined) return this.#abort(error)
    this.#isOver = true
    this.#inner.onError?.(error)
  }

  #callerFailed (error: unknown): unknown {
    this.#call.failed(error, true)
    return error
  }
}
