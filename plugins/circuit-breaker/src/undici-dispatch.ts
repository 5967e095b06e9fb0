import type { IncomingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'

/** What is needed of undici, typed by its shape: it is no dependency, and the one inside Node has no types. */
export interface DispatchOptions {
  readonly origin?: string | URL | undefined
  readonly path?: string
  readonly method?: string
}

export interface DispatchController {
  readonly aborted: boolean
  readonly paused: boolean
  readonly reason: Error | null
  abort (reason: Error): void
  pause (): void
  resume (): void
}

/** Of undici 7 and 8. */
export interface DispatchHandler {
  onRequestStart? (controller: DispatchController, context: unknown): void
  onRequestUpgrade? (controller: DispatchController, statusCode: number, headers: IncomingHttpHeaders, socket: Duplex): void
  onResponseStart? (controller: DispatchController, statusCode: number, headers: IncomingHttpHeaders, statusMessage?: string): void
  onResponseData? (controller: DispatchController, chunk: Buffer): void
  onResponseEnd? (controller: DispatchController, trailers: IncomingHttpHeaders): void
  onResponseError? (controller: DispatchController, error: Error): void
  onResponseStarted? (): void
  // undici 7 and 8 declare other arguments.
  onBodySent? (...sent: never[]): void
  onRequestSent? (): void
}

/** Of undici 6, and of the fetch of Node 22 and 24: there is no controller. */
export interface LegacyHandler {
  onConnect? (abort: (reason?: Error) => void, context?: unknown): void
  onUpgrade? (statusCode: number, headers: unknown, socket: Duplex): void
  onHeaders? (statusCode: number, headers: unknown, resume: () => void, statusText: string): boolean
  onData? (chunk: Buffer): boolean
  onComplete? (trailers: unknown): void
  onError? (error: Error): void
  onResponseStarted? (): void
  onBodySent? (...sent: never[]): void
  onRequestSent? (): void
}

export type AnyHandler = DispatchHandler & LegacyHandler

export type Dispatch<O extends object = DispatchOptions> = (options: O, handler: AnyHandler) => boolean

/** For a call that was never dispatched: there is nothing to control. */
export const NOTHING_TO_CONTROL: DispatchController = Object.freeze({
  aborted: false,
  paused: false,
  reason: null,
  abort () {},
  pause () {},
  resume () {}
})
