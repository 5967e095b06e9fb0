import type { Notification } from '../notification.ts'
import type { Severity } from '../rule.ts'

/** Somebody who takes notifications. */
export interface Notifier {
  readonly name: string
  readonly type: 'webhook' | 'slack' | 'function'
  /** Less severe ones are not for it. */
  readonly minSeverity: Severity
  /** Milliseconds that an attempt may take. */
  readonly timeoutMs: number
  /** Notifications that wait at a time. */
  readonly maxQueued: number
  /** Resolves when it was taken; rejects when it was not: with `Undelivered` where more is known. */
  send (notification: Notification, signal: AbortSignal): Promise<void>
}

/** Why a notification was not taken, and what that means for the next attempt. */
export class Undelivered extends Error {
  /** No other attempt can succeed: it was understood and refused. */
  readonly permanent: boolean
  /** Milliseconds that the receiver asks to wait. */
  readonly retryAfterMs: number | undefined

  constructor (message: string, { permanent = false, retryAfterMs }: { readonly permanent?: boolean, readonly retryAfterMs?: number | undefined } = {}) {
    super(message)
    this.permanent = permanent
    this.retryAfterMs = retryAfterMs
  }
}
